import { createClient, type OpenTransport } from '@vitalwire/client';
import { catalogue } from '@vitalwire/protocol';
import { backendToken, createPublish, InProcessServer, Network, tokenOf, until } from '@vitalwire/testing';
import { parseTrace, Replay, recordTransport, type Trace } from '@vitalwire/testing/trace';
import { describe, expect, it, onTestFinished } from 'vitest';

const SECRETS = ['anna.of.the.tests', 'words of a patient', 'eyJ'];

/** A client of diagnosis 7, and what its handlers were given. */
function watch(url: string, transport: OpenTransport, diagnosisId = 7) {
  const client = createClient({
    url,
    getToken: () => tokenOf({ sub: 'anna.of.the.tests', diagnoses: [7, 8] }),
    transport,
    backoff: { baseMs: 1, maxMs: 20 },
    onError: () => {},
    onGap: ({ reason }) => story.push(reason),
  });
  onTestFinished(() => client.close());
  const story: string[] = [];
  const subscription = client.subscribe(diagnosisId);
  subscription.on('publication', ({ type, offset, recovered }) =>
    story.push(`${type} ${offset}${recovered ? ' recovered' : ''}`),
  );
  return {
    client,
    story,
    live: () =>
      until(
        () => subscription.state.name === 'live',
        () => subscription.state.name,
      ),
    reached: (count: number) =>
      until(
        () => story.length >= count,
        () => `handlers were given ${story}`,
      ),
  };
}

/** A real connection that is cut and resumes, recorded. */
async function recorded(keepsContent = false): Promise<{ trace: Trace; story: string[] }> {
  await using server = await InProcessServer.start();
  await using network = await Network.before(server.url);
  const publish = createPublish(catalogue, { url: server.url, getToken: () => backendToken() });
  const recording = recordTransport({ keepsContent });
  const { client, story, reached, live } = watch(`${network.url}/ws`, recording.transport);
  await live();
  await publish.feedbackUpdate(7, { comment: 'words of a patient' });
  await reached(1);
  network.cut();
  await publish.recommendationUpdate(7, { reason: 'words of a patient' });
  await publish.effectivenessUpdate(7);
  // Until it has found out, and some attempts have failed.
  await until(
    () => client.state.name !== 'connected' && network.attempts > 2,
    () => 'the cut went unnoticed',
  );
  network.restore();
  await reached(3);
  return { trace: recording.trace, story };
}

describe('a trace', () => {
  it('of a real connection replays to the same story, again and again', async () => {
    const { trace, story } = await recorded();
    expect(story).toEqual([
      'feedback_update 1',
      'recommendation_update 2 recovered',
      'effectiveness_update 3 recovered',
    ]);
    for (let round = 0; round < 3; round++) {
      const replay = new Replay(parseTrace(JSON.parse(JSON.stringify(trace))));
      const watcher = watch('ws://nowhere/ws', replay.transport);
      await replay.finished();
      await watcher.reached(story.length);
      expect(watcher.story).toEqual(story);
      expect(replay.differences).toEqual([]);
    }
  });

  it('holds nothing of who spoke and what about', async () => {
    const { trace } = await recorded();
    const text = JSON.stringify(trace);
    for (const secret of SECRETS) expect(text).not.toContain(secret);
    expect(text).toContain('"user_id":"user-1"');
    expect(trace.connections.map(({ path }) => path)).toContain('/ws');
  });

  it('keeps contents where they are invented, and tokens never', async () => {
    const { trace } = await recorded(true);
    const text = JSON.stringify(trace);
    expect(text).toContain('words of a patient');
    expect(text).not.toContain('eyJ');
  });

  it('is told apart from what is none', async () => {
    const { trace } = await recorded();
    expect(() => parseTrace({ version: 2, connections: [] })).toThrow('another version');
    expect(() => parseTrace([])).toThrow('another version');
    expect(() => parseTrace(7)).toThrow('the trace is no object');
    const spoiled: unknown = JSON.parse(
      JSON.stringify(trace).replace('"status":"fresh"', '"status":"stale"'),
    );
    expect(() => parseTrace(spoiled)).toThrow(/connections\.0\.entries\.\d+ is no entry/);
  });
});

describe('a replay', () => {
  it('says what the client says differently', async () => {
    const { trace } = await recorded();
    const replay = new Replay(trace);
    watch('ws://nowhere/ws', replay.transport, 8);
    await expect(replay.finished(300)).rejects.toThrow(/connection 1 for subscribe 7/);
  });

  it('says where a client resumes from another place', async () => {
    const { trace } = await recorded();
    const other = JSON.parse(
      JSON.stringify(trace).replaceAll(/"after":"([\w-]+):1"/g, '"after":"$1:0"'),
    ) as Trace;
    expect(other).not.toEqual(trace);
    const replay = new Replay(other);
    watch('ws://nowhere/ws', replay.transport);
    await expect(replay.finished()).rejects.toThrow(
      /subscribe 7 after \S+:1 instead of subscribe 7 after \S+:0/,
    );
  });

  it('refuses a connection more than was recorded', async () => {
    const replay = new Replay({ version: 1, connections: [] });
    watch('ws://nowhere/ws', replay.transport);
    await until(
      () => replay.differences.length > 0,
      () => 'no difference',
    );
    await expect(replay.finished()).rejects.toThrow('connection 1 was not recorded');
  });
});

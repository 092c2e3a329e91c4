import { afterEach, describe, expect, it, vi } from 'vitest';
import { describe as wordsOf } from '../src/devtools/describe.ts';
import type { Client, InspectionEvent, InspectOptions } from '../src/index.ts';
import { connectMessage, feedback } from './support/messages.ts';
import { clientOverMemory, turn } from './support/subscribed.ts';

const opened: Client<never, true>[] = [];

/** A client that is inspected from before its first connection, with its socket open. */
async function inspected(options?: InspectOptions) {
  const made = clientOverMemory();
  opened.push(made.client as unknown as Client<never, true>);
  const events: InspectionEvent[] = [];
  const stop = made.client.inspect((event) => events.push(event), options);
  made.client.subscribe(1);
  await turn();
  made.transport.last().listener.opened();
  await settled();
  return { ...made, events, stop, push: (message: object) => made.transport.last().push(message) };
}

/** What makes sense of the events is loaded when the first listener comes. */
async function settled(): Promise<void> {
  await turn();
  await vi.dynamicImportSettled();
}

const frames = (events: InspectionEvent[]) =>
  events.flatMap((event) => (event.type === 'frame' ? [[event.direction, event.frame]] : []));
const timings = (events: InspectionEvent[]) =>
  events.flatMap((event) => (event.type === 'timing' ? [event.timing] : []));

afterEach(() => {
  for (const client of opened.splice(0)) client.close();
});

describe('inspect', () => {
  it('tells what happens from the first attempt on, in order', async () => {
    const { events } = await inspected();
    expect(events.map((event) => (event.type === 'timing' ? event.timing : event.type))).toEqual([
      ...['state', 'state', 'token', 'open', 'frame', 'frame', 'frame'],
      ...['frame', 'round_trip', 'state', 'authenticated'],
    ]);
    expect(events.filter(({ type }) => type === 'state')).toMatchObject([
      { state: { name: 'disconnected' } },
      { state: { name: 'connecting' } },
      { state: { name: 'connected' } },
    ]);
  });

  it('tells how far a subscription came, and when it was live', async () => {
    const { events, push } = await inspected();
    push(connectMessage(1, { status: 'recovered', from: 'e1:0', to: 'e1:2', count: 2 }));
    push(feedback(1, 1));
    expect(timings(events)).not.toContain('live');
    push(feedback(1, 2));
    expect(timings(events)).toContain('live');
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'recovery',
        diagnosisId: 1,
        recovery: expect.objectContaining({ count: 2 }),
      }),
    );
  });

  it('is live at once when nothing was missed', async () => {
    const { events, push } = await inspected();
    push(connectMessage(1));
    expect(timings(events).at(-1)).toBe('live');
  });

  it('tells of a gap', async () => {
    const { events, push } = await inspected();
    push(
      connectMessage(1, {
        ...{ status: 'gap', reason: 'retention', last_seen: 'e1:2', first_available: 'e1:6' },
        ...{ from: 'e1:5', to: 'e1:5', count: 0 },
      } as Parameters<typeof connectMessage>[1]),
    );
    const gap = events.find(({ type }) => type === 'gap');
    expect(gap).toMatchObject({ diagnosisId: 1, recovery: { reason: 'retention' } });
    expect(gap && wordsOf(gap)).toMatchObject({ title: 'gap', detail: 'No. 1 · retention', tone: 'bad' });
  });

  it('shows where frames belong, and nothing of what they say', async () => {
    const { events, push } = await inspected();
    push(connectMessage(1));
    push(feedback(1, 1));
    push(feedback(1, 2, { type: 'unheard_of', data: { rating: 4 } }));
    const text = JSON.stringify(events);
    for (const secret of ['rating', 'effectiveness', 'ann', 'eyJ', 's1']) expect(text).not.toContain(secret);
    expect(frames(events)).toEqual([
      ['out', { type: 'authenticate', token: '…' }],
      ['out', { type: 'ping' }],
      ['out', { type: 'subscribe', diagnosis_id: 1 }],
      ['in', { type: 'pong', data: '…', timestamp: expect.any(String) }],
      ['in', expect.objectContaining({ type: 'connect', data: { recovery: expect.anything() } })],
      ['in', expect.objectContaining({ type: 'feedback_update', offset: 1, data: '…' })],
      ['in', expect.objectContaining({ type: 'unheard_of', offset: 2, data: '…' })],
    ]);
  });

  it('shows the contents when they are asked for, and never a token', async () => {
    const { events, push } = await inspected({ contents: true });
    push(feedback(1, 1));
    expect(frames(events)[0]).toEqual(['out', { type: 'authenticate', token: '…' }]);
    expect(frames(events).at(-1)).toEqual(['in', feedback(1, 1)]);
  });

  it('shows a frame that cannot be read by its length only', async () => {
    const { events, transport } = await inspected();
    transport.last().listener.received('no json');
    expect(events.at(-1)).toMatchObject({ type: 'frame', length: 7 });
    expect(events.at(-1)).toHaveProperty('frame', undefined);
  });

  it('ends when its function is called, also for what came before it was loaded', async () => {
    const { client, events, stop, push } = await inspected();
    const late: InspectionEvent[] = [];
    client.inspect((event) => late.push(event))();
    const count = events.length;
    stop();
    push(feedback(1, 1));
    await settled();
    expect([events.length, late]).toEqual([count, []]);
  });

  it('reports a listener that throws, and harms nobody else', async () => {
    const { client, events, errors, push } = await inspected();
    const error = new Error('a broken tool');
    client.inspect(() => {
      throw error;
    });
    await settled();
    const count = events.length;
    push(feedback(1, 1));
    expect(errors).toContain(error);
    expect(events.length).toBeGreaterThan(count);
    expect(client.state.name).toBe('connected');
  });
});

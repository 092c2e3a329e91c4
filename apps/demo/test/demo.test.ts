import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type AnyPublication, createClient } from '@vitalwire/client';
import { describe, expect, it } from 'vitest';
import { type Demo, startDemo } from '../server/demo.ts';
import type { DiagnosisSnapshot, Login } from '../server/views.ts';
import { temporaryFolder } from './support/clinic.ts';
import { until } from './support/until.ts';

const feedback = { rating: 4, effectiveness: 0.7, comment: 'A good week' };

async function start(dataFolder: string) {
  const demo = await startDemo({
    port: 0,
    host: '127.0.0.1',
    dataFolder,
    tokenSeconds: 600,
    retention: 1_000,
  });
  return { ...demo, [Symbol.asyncDispose]: () => demo.close() };
}

async function request(demo: Demo, path: string, session?: string, body?: unknown) {
  const response = await fetch(demo.url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json', ...(session && { authorization: `Bearer ${session}` }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

async function logIn(demo: Demo, person: string): Promise<Login> {
  return (await request(demo, '/api/login', undefined, { person })).body;
}

/** Follows a diagnosis as a page does, with a token from the session. */
function follow(demo: Demo, session: string, diagnosisId: number, after?: 'earliest') {
  const arrived: AnyPublication[] = [];
  const client = createClient({
    url: `${demo.url.replace('http', 'ws')}/ws`,
    getToken: async () => (await request(demo, '/api/token', session, {})).body.token,
    onError: () => {},
  });
  const subscription = client.subscribe(diagnosisId, { onGap: 'ignore', ...(after && { after }) });
  subscription.on('publication', (publication) => void arrived.push(publication));
  return { arrived, subscription, [Symbol.dispose]: () => client.close() };
}

describe('the demo', () => {
  describe('log-in', () => {
    it('gives a token that the live server accepts', async () => {
      using folder = temporaryFolder();
      await using demo = await start(folder.path);
      const { session, person } = await logIn(demo, 'amara');
      expect(person.name).toBe('Amara Lindqvist');
      using followed = follow(demo, session, 101);
      await until(
        () => followed.subscription.state.name,
        (name) => name === 'live',
      );
    });

    it('keeps nobody in who is not known', async () => {
      using folder = temporaryFolder();
      await using demo = await start(folder.path);
      expect(await request(demo, '/api/login', undefined, { person: 'eve' })).toMatchObject({ status: 404 });
      expect(await request(demo, '/api/login', undefined, { name: 'eve' })).toMatchObject({ status: 422 });
      expect(await request(demo, '/api/token', 'made-up', {})).toMatchObject({ status: 401 });
      expect(await request(demo, '/api/diagnoses/101')).toMatchObject({ status: 401 });
    });

    it('ends with the log-out', async () => {
      using folder = temporaryFolder();
      await using demo = await start(folder.path);
      const { session } = await logIn(demo, 'amara');
      expect(await request(demo, '/api/logout', session, {})).toMatchObject({ status: 204 });
      expect(await request(demo, '/api/token', session, {})).toMatchObject({ status: 401 });
    });

    it('refuses a stranger on every way in', async () => {
      using folder = temporaryFolder();
      await using demo = await start(folder.path);
      const { session } = await logIn(demo, 'stranger');
      expect(await request(demo, '/api/diagnoses', session)).toEqual({ status: 200, body: [] });
      expect(await request(demo, '/api/diagnoses/101', session)).toMatchObject({ status: 403 });
      expect(await request(demo, '/api/diagnoses/101/simulate', session, {})).toMatchObject({ status: 403 });
      using followed = follow(demo, session, 101);
      const state = await until(
        () => followed.subscription.state,
        ({ name }) => name === 'stopped',
      );
      expect(state).toMatchObject({ reason: 'access_denied' });
    });

    it('keeps its secret to itself', async () => {
      using folder = temporaryFolder();
      await using _demo = await start(folder.path);
      expect(statSync(join(folder.path, 'token-secret')).mode & 0o077).toBe(0);
    });
  });

  describe('feedback', () => {
    it('reaches the clinician live, with its measurement', async () => {
      using folder = temporaryFolder();
      await using demo = await start(folder.path);
      const patient = await logIn(demo, 'tomas');
      const clinician = await logIn(demo, 'ines');
      using followed = follow(demo, clinician.session, 102);
      await until(
        () => followed.subscription.state.name,
        (name) => name === 'live',
      );
      await request(demo, '/api/diagnoses/102/feedback', patient.session, feedback);
      await until(
        () => followed.arrived,
        ({ length }) => length === 2,
      );
      expect(followed.arrived).toMatchObject([
        { type: 'feedback_update', offset: 1, recovered: false, data: { rating: 4, comment: 'A good week' } },
        {
          type: 'effectiveness_update',
          offset: 2,
          recovered: false,
          data: { herb: 'Ginger', sample_size: 9 },
        },
      ]);
    });

    it('is refused when it breaks a rule, or comes from somebody else', async () => {
      using folder = temporaryFolder();
      await using demo = await start(folder.path);
      const give = (session: string, body: unknown) =>
        request(demo, '/api/diagnoses/102/feedback', session, body).then(({ status }) => status);
      const { session } = await logIn(demo, 'tomas');
      expect(await give(session, { ...feedback, rating: 6 })).toBe(422);
      expect(await give(session, { ...feedback, effectiveness: 1.2 })).toBe(422);
      expect(await give(session, { ...feedback, comment: 'x'.repeat(501) })).toBe(422);
      expect(await give((await logIn(demo, 'amara')).session, feedback)).toBe(403);
      expect(await give((await logIn(demo, 'ines')).session, feedback)).toBe(403);
    });
  });

  it('remembers people, records and messages over a restart', async () => {
    using folder = temporaryFolder();
    let session: string;
    {
      await using demo = await start(folder.path);
      session = (await logIn(demo, 'amara')).session;
      using followed = follow(demo, session, 103);
      await request(demo, '/api/diagnoses/103/simulate', session, {});
      await until(
        () => followed.arrived,
        ({ length }) => length === 3,
      );
    }
    await using demo = await start(folder.path);
    using followed = follow(demo, session, 103, 'earliest');
    await until(
      () => followed.arrived,
      ({ length }) => length === 3,
    );
    const { position } = (await request(demo, '/api/diagnoses/103', session)).body as DiagnosisSnapshot;
    expect(position).toMatchObject({ offset: 3 });
    expect(followed.arrived.every(({ recovered }) => recovered)).toBe(true);
  });
});

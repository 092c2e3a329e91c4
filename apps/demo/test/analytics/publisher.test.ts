import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OutboxPublisher, retryDelay, send } from '../../server/analytics/publisher.ts';
import { openClinic, temporaryFolder } from '../support/clinic.ts';
import { until } from '../support/until.ts';
import { startVitalwire } from '../support/vitalwire.ts';

const form = { rating: 4, effectiveness: 0.7, comment: '' };

describe('OutboxPublisher', () => {
  it('publishes what is in the outbox, in order, and then what is added', async () => {
    using folder = temporaryFolder();
    using clinic = openClinic(join(folder.path, 'clinic.db'));
    await using vitalwire = await startVitalwire();
    clinic.analytics.takeFeedback(clinic.diagnosis(102), form);
    const publisher = new OutboxPublisher({ ...vitalwire, outbox: clinic.outbox, server: vitalwire.url });
    publisher.start();
    await until(
      () => clinic.records.position(102),
      (position) => position?.offset === 2,
    );
    clinic.analytics.takeFeedback(clinic.diagnosis(102), form);
    publisher.wake();
    await until(
      () => clinic.records.position(102),
      (position) => position?.offset === 4,
    );
    expect(clinic.outbox.next()).toBeUndefined();
    await publisher.stop();
  });

  it('publishes once what was sent but not marked when the process died', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'clinic.db');
    await using vitalwire = await startVitalwire();
    const target = { ...vitalwire, server: vitalwire.url };

    const before = openClinic(path);
    before.analytics.takeFeedback(before.diagnosis(102), form);
    const row = before.outbox.next();
    if (row === undefined) throw new Error('the outbox is empty');
    await send(row, target);
    before.database.close(); // here the process dies: sent, and not marked

    using after = openClinic(path);
    const publisher = new OutboxPublisher({ ...target, outbox: after.outbox });
    publisher.start();
    await until(
      () => after.outbox.next(),
      (open) => open === undefined,
    );
    await publisher.stop();
    expect(after.records.position(102)).toMatchObject({ offset: 2 });
    expect(await vitalwire.nextOffset(102)).toBe(3);
  });

  it('tries again with the same key until the server is there', async () => {
    using folder = temporaryFolder();
    using clinic = openClinic(join(folder.path, 'clinic.db'));
    clinic.analytics.takeFeedback(clinic.diagnosis(102), form);
    const keys: (string | undefined)[] = [];
    await using flaky = await listen((request, response) => {
      keys.push(request.headers['idempotency-key'] as string | undefined);
      if (keys.length === 1) return request.socket.destroy();
      response.statusCode = keys.length === 2 ? 503 : 200;
      const answer = { status: 'broadcasted', diagnosis_id: 102, clients_notified: 0, offset: 1, epoch: 'e' };
      response.end(JSON.stringify(keys.length === 2 ? { error: 'unavailable', message: 'later' } : answer));
    });
    const failures: string[] = [];
    const publisher = new OutboxPublisher({
      outbox: clinic.outbox,
      server: flaky.url,
      getToken: async () => 'token',
      onFailure: (_row, error) => failures.push(error),
    });
    publisher.start();
    await until(
      () => keys,
      ({ length }) => length >= 3,
    );
    await publisher.stop();
    expect(new Set(keys.slice(0, 3)).size).toBe(1);
    expect(failures).toEqual([expect.stringContaining('no answer'), '503 unavailable: later']);
  });

  it('gives up what the server refuses for good, and goes on with the next', async () => {
    using folder = temporaryFolder();
    using clinic = openClinic(join(folder.path, 'clinic.db'));
    await using vitalwire = await startVitalwire();
    clinic.outbox.add('feedback_update', 102, { feedback_id: 1, rating: 6, effectiveness: 0.5 });
    clinic.outbox.add('feedback_update', 102, { feedback_id: 2, rating: 5, effectiveness: 0.5 });
    const failures: [string, number | undefined][] = [];
    const publisher = new OutboxPublisher({
      ...vitalwire,
      outbox: clinic.outbox,
      server: vitalwire.url,
      onFailure: (_row, error, retryMs) => failures.push([error, retryMs]),
    });
    publisher.start();
    await until(
      () => clinic.outbox.next(),
      (open) => open === undefined,
    );
    await publisher.stop();
    expect(failures).toEqual([[expect.stringContaining('422 invalid_body'), undefined]]);
    expect(clinic.records.position(102)).toMatchObject({ offset: 1 });
  });

  it('keeps what it could not send for the next start', async () => {
    using folder = temporaryFolder();
    using clinic = openClinic(join(folder.path, 'clinic.db'));
    clinic.analytics.takeFeedback(clinic.diagnosis(102), form);
    await using silent = await listen(() => {});
    const publisher = new OutboxPublisher({
      outbox: clinic.outbox,
      server: silent.url,
      getToken: async () => 't',
    });
    publisher.start();
    await until(
      () => silent.requests,
      (requests) => requests === 1,
    );
    await publisher.stop();
    expect(clinic.outbox.next()).toMatchObject({ type: 'feedback_update', attempts: 0 });
  });
});

describe('retryDelay', () => {
  it('doubles its bound up to ten seconds', () => {
    expect([0, 1, 2, 5, 6, 40].map((attempts) => retryDelay(attempts, () => 1))).toEqual([
      200, 400, 800, 6_400, 10_000, 10_000,
    ]);
  });

  it('is spread over everything below the bound', () => {
    expect([0, 0.5].map((random) => retryDelay(3, () => random))).toEqual([0, 800]);
  });
});

/** A server that answers as it is told. */
async function listen(answer: Parameters<typeof createServer>[1]) {
  let requests = 0;
  const server: Server = createServer((request, response) => {
    requests += 1;
    answer?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requests() {
      return requests;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Answer, Backend } from './support/backend.ts';
import { temporaryFolder } from './support/folder.ts';
import { Program } from './support/program.ts';
import { tokenOf } from './support/tokens.ts';
import { Vitalwire } from './support/vitalwire.ts';

/** The application's own backend: it gives out tokens, and what a test adds. */
async function startBackend(answer: Answer = () => [404, '']): Promise<Backend> {
  const token = await tokenOf('7', [123, 124]);
  return Backend.start((request, body) => (request.url === '/token' ? [200, token] : answer(request, body)));
}

/** An example of the client, connected to a server and a backend of the test. */
function startClient(
  name: string,
  vitalwire: Vitalwire,
  backend: Backend,
  folder?: string,
): Promise<Program> {
  const changes = { 'ws://127.0.0.1:8000': vitalwire.url, 'http://127.0.0.1:3000': backend.url };
  return Program.example(name, changes, folder === undefined ? {} : { folder });
}

describe('watch.ts', () => {
  it('shows what was published before, and then what is published', async () => {
    await using vitalwire = await Vitalwire.start();
    await using backend = await startBackend();
    await vitalwire.measure(70);
    await using program = await startClient('watch.ts', vitalwire, backend);

    await program.printed(/^1 0.7 missed, and supplied now$/m);
    await program.printed(/^live$/m);
    await vitalwire.measure(80);
    await program.printed(/^2 0.8 live$/m);
  });

  it('comes back by itself and is told when the log began anew', async () => {
    await using backend = await startBackend();
    const first = await Vitalwire.start();
    await using program = await startClient('watch.ts', first, backend);
    await program.printed(/^live$/m);
    await first.server.close();

    await using _second = await Vitalwire.start({ port: first.port });
    await program.printed(/^load it anew: epoch_changed$/m);
  });
});

describe('gap-snapshot.ts', () => {
  it('loads a snapshot before it applies what follows, at the beginning and at a gap', async () => {
    const snapshot = { state: { effectiveness: 0.5 }, position: 'earliest' };
    await using backend = await startBackend((request) => {
      return request.url === '/diagnoses/123' ? [200, snapshot] : [404, ''];
    });
    const first = await Vitalwire.start();
    await using program = await startClient('gap-snapshot.ts', first, backend);
    await first.measure(40);
    await program.printed(/^snapshot \{ effectiveness: 0.5 \}\nupdate \{ effectiveness: 0.4 \}$/m);
    await first.server.close();

    await using second = await Vitalwire.start({ port: first.port });
    await second.measure(60);
    await program.printed(
      /^gap epoch_changed\nsnapshot \{ effectiveness: 0.5 \}\nupdate \{ effectiveness: 0.6 \}$/m,
    );
  });
});

describe('node-consumer.ts', () => {
  it('goes on where it was when it is started again', async () => {
    await using vitalwire = await Vitalwire.start();
    await using backend = await startBackend();
    await using folder = await temporaryFolder();
    const lines = async () => (await readFile(join(folder.path, 'diagnosis-123.log'), 'utf8')).split('\n');
    const offsets = async () => (await lines()).filter(Boolean).map((line) => JSON.parse(line).offset);
    for (const hundredths of [1, 2]) await vitalwire.measure(hundredths);

    for (const written of [2, 4]) {
      await using program = await startClient('node-consumer.ts', vitalwire, backend, folder.path);
      await expect.poll(() => offsets().catch(() => []), { timeout: 10_000 }).toHaveLength(written);
      expect(await program.end()).toBe(0);
      for (const hundredths of [3, 4]) await vitalwire.measure(hundredths);
    }

    expect(await offsets()).toEqual([1, 2, 3, 4]);
  });
});

describe('forward.ts', () => {
  it('hands everything on once and in order, though the service is down at first', async () => {
    await using vitalwire = await Vitalwire.start();
    let refusals = 2;
    const taken: string[] = [];
    await using backend = await startBackend((request, body) => {
      if (request.url !== '/measurements' || refusals-- > 0) return [503, ''];
      taken.push(body);
      return [200, ''];
    });
    for (const hundredths of [10, 20]) await vitalwire.measure(hundredths);
    await using program = await startClient('forward.ts', vitalwire, backend);

    await program.printed(/^handed on 1\nhanded on 2$/m);
    expect(taken.map((body) => JSON.parse(body))).toEqual([{ effectiveness: 0.1 }, { effectiveness: 0.2 }]);
  });
});

describe('several-diagnoses.ts', () => {
  it('receives them all over one connection', async () => {
    await using vitalwire = await Vitalwire.start();
    await using backend = await startBackend();
    await using program = await startClient('several-diagnoses.ts', vitalwire, backend);
    await vitalwire.measure(1, 123);
    await vitalwire.measure(2, 124);

    await program.printed(/^123 effectiveness_update$/m);
    await program.printed(/^124 effectiveness_update$/m);
    expect((await vitalwire.server.status()).total_connections).toBe(1);
  });
});

describe('sleep-server.ts and sleep-client.ts', () => {
  it('publish and receive a type of their own', async () => {
    await using backend = await startBackend();
    await using server = await Program.example('sleep-server.ts', { 'port: 8000': 'port: 0' });
    const url = `http://127.0.0.1:${await server.port()}`;
    await using client = await Program.example('sleep-client.ts', {
      'ws://127.0.0.1:8000': url,
      'http://127.0.0.1:3000': backend.url,
    });

    await client.printed(/^slept 7.5$/m);
    const { paths } = await (await fetch(`${url}/openapi.json`)).json();
    expect(paths).toHaveProperty('/ws/broadcast-sleep-update');
  });
});

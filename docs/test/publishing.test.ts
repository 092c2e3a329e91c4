import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { guides, root } from '../examples.mjs';
import { Backend } from './support/backend.ts';
import { Program } from './support/program.ts';
import { backendToken, tokenOf } from './support/tokens.ts';
import { Vitalwire } from './support/vitalwire.ts';

const recipe = (name: string) => join(root, 'docs', 'recipes', name);
const canRun = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;
const hasCurl = canRun('curl', '--version') && canRun('bash', '--version');
const hasPython = canRun('python3', '--version');
const hasWebsockets = canRun('python3', '-c', 'import websockets');
const hasGo = canRun('go', 'version');

/** Every command in the guides that publishes with curl. */
const curlCommands = guides.flatMap((guide) => {
  const blocks = readFileSync(join(root, guide), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```$/gm);
  const commands = [...blocks].flatMap(([, block = '']) => block.match(/^curl [\s\S]*/m) ?? []);
  return commands
    .filter((command) => command.includes('/ws/broadcast-'))
    .map((command) => ({ guide, command }));
});

describe('curl', () => {
  it('is shown in the README', () => {
    expect(curlCommands.map(({ guide }) => guide)).toContain('README.md');
  });

  it.skipIf(!hasCurl).each(curlCommands)('publishes as $guide shows', async ({ command }) => {
    await using vitalwire = await Vitalwire.start();
    expect(command).toContain('http://127.0.0.1:8000');
    const script = command.replace('http://127.0.0.1:8000', vitalwire.url);
    await using program = await Program.start('bash', ['-c', script], {
      env: { TOKEN: await backendToken() },
    });

    await program.printed(/"status":"broadcasted","diagnosis_id":123,"clients_notified":0,"offset":1/);
    expect(await program.ended()).toBe(0);
  });
});

describe.skipIf(!hasPython)('publish.py', () => {
  it('publishes', async () => {
    await using vitalwire = await Vitalwire.start();
    const env = { VITALWIRE_URL: vitalwire.url, VITALWIRE_TOKEN: await backendToken() };
    await using program = await Program.start('python3', [recipe('publish.py')], { env });

    await program.printed(/'status': 'broadcasted'.*'offset': 1/);
    expect(await program.ended()).toBe(0);
  });

  it('tries again with the same key when the server cannot do it now', async () => {
    const keys: unknown[] = [];
    await using backend = await Backend.start((request) => {
      keys.push(request.headers['idempotency-key']);
      return keys.length === 1 ? [503, { error: 'unavailable' }] : [200, { offset: 7 }];
    });
    const env = { VITALWIRE_URL: backend.url, VITALWIRE_TOKEN: 'token' };
    await using program = await Program.start('python3', [recipe('publish.py')], { env });

    await program.printed(/'offset': 7/);
    expect(keys).toHaveLength(2);
    expect(keys[0]).toBe(keys[1]);
  });

  it('says what the server refused', async () => {
    await using vitalwire = await Vitalwire.start();
    const env = { VITALWIRE_URL: vitalwire.url, VITALWIRE_TOKEN: await tokenOf('8', []) };
    await using program = await Program.start('python3', [recipe('publish.py')], { env });

    await program.printed(/refused: .*access_denied/);
    expect(await program.ended()).toBe(1);
  });
});

describe.skipIf(!hasPython)('publish_many.py', () => {
  it('publishes a batch, and shows what was refused of it', async () => {
    await using vitalwire = await Vitalwire.start();
    const env = { VITALWIRE_URL: vitalwire.url, VITALWIRE_TOKEN: await backendToken() };
    await using program = await Program.start('python3', [recipe('publish_many.py')], { env });

    await program.printed(/'status': 'broadcasted'.*'offset': 1/);
    await program.printed(/'status': 'refused'.*'path': 'rating'/);
    expect(await program.ended()).toBe(0);
  });

  it('tries again with the same keys what is open, and nothing else', async () => {
    const tried: unknown[][] = [];
    const done = { status: 'broadcasted', offset: 7 };
    await using backend = await Backend.start((_, body) => {
      const { messages } = JSON.parse(body) as { messages: { idempotency_key: unknown }[] };
      tried.push(messages.map(({ idempotency_key }) => idempotency_key));
      if (tried.length === 1) return [503, { error: 'unavailable' }];
      if (tried.length === 2)
        return [200, { results: [done, { status: 'refused', error: 'outcome_unknown' }] }];
      return [200, { results: [{ ...done, offset: 8 }] }];
    });
    const env = { VITALWIRE_URL: backend.url, VITALWIRE_TOKEN: 'token' };
    await using program = await Program.start('python3', [recipe('publish_many.py')], { env });

    await program.printed(/'offset': 7.*\n.*'offset': 8/);
    const [first = [], second, third] = tried;
    expect(new Set(first).size).toBe(2);
    expect(second).toEqual(first);
    expect(third).toEqual([first[1]]);
  });
});

describe.skipIf(!hasWebsockets)('receive.py', () => {
  it('receives, and goes on from its position after a restart of the server', async () => {
    const first = await Vitalwire.start();
    const env = { VITALWIRE_URL: first.url.replace('http', 'ws'), VITALWIRE_TOKEN: await tokenOf('7') };
    await using program = await Program.start('python3', [recipe('receive.py')], { env });
    await first.measure(50);
    await program.printed(/^1 effectiveness_update$/m);
    await first.server.close();

    await using second = await Vitalwire.start({ port: first.port });
    await second.measure(60);
    await program.printed(/^gap: epoch_changed\n1 effectiveness_update$/m);
  });

  it('ends when the server says that trying again cannot help', async () => {
    await using vitalwire = await Vitalwire.start();
    const env = { VITALWIRE_URL: vitalwire.url.replace('http', 'ws'), VITALWIRE_TOKEN: 'nonsense' };
    await using program = await Program.start('python3', [recipe('receive.py')], { env });

    await program.printed(/invalid_token/);
    expect(await program.ended()).toBe(1);
  });
});

describe.skipIf(!hasGo)('publish.go', () => {
  it('publishes', { timeout: 120_000 }, async () => {
    await using vitalwire = await Vitalwire.start();
    const env = { VITALWIRE_URL: vitalwire.url, VITALWIRE_TOKEN: await backendToken() };
    await using program = await Program.start('go', ['run', recipe('publish.go')], { env });

    expect(await program.ended()).toBe(0);
    expect(program.output).toMatch(/^[\w-]+ 1\n$/);
  });
});

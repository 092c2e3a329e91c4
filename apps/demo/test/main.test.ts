import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './support/clinic.ts';
import { until } from './support/until.ts';

const main = fileURLToPath(new URL('../server/main.ts', import.meta.url));

function run(env: Record<string, string>) {
  const child: ChildProcess = spawn(process.execPath, ['--conditions=@vitalwire/source', main], {
    env: { ...process.env, NODE_NO_WARNINGS: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout?.on('data', (text) => {
    said.out += text;
  });
  child.stderr?.on('data', (text) => {
    said.err += text;
  });
  const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  return {
    child,
    said,
    exit,
    /** The address, once it was printed. */
    async address(): Promise<string> {
      const line = /Vitalwire demo: (http:\/\/127\.0\.0\.1:\d+)/;
      const { out } = await until(
        () => said,
        ({ out, err }) => line.test(out) || err !== '',
        15_000,
      );
      const url = line.exec(out)?.[1];
      if (url === undefined) throw new Error(`no address: ${said.err}`);
      return url;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await exit;
    },
  };
}

describe('main', { timeout: 30_000 }, () => {
  it('serves its pages, prints a curl command that works, and ends cleanly on SIGTERM', async () => {
    using folder = temporaryFolder();
    await using demo = run({ PORT: '0', VITALWIRE_DEMO_DATA: folder.path });
    const url = await demo.address();
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect((await fetch(`${url}/api/people`)).status).toBe(200);

    await until(
      () => demo.said.out,
      (out) => out.includes('Ctrl-C'),
    );
    const curl = demo.said.out;
    const [, target = ''] = /curl (\S+)/.exec(curl) ?? [];
    const [, authorization = ''] = /'Authorization: (.+)'/.exec(curl) ?? [];
    const [, body = ''] = /-d '(.+)'/.exec(curl) ?? [];
    const answer = await fetch(target, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body,
    });
    expect(await answer.json()).toMatchObject({ status: 'broadcasted', diagnosis_id: 101, offset: 1 });

    demo.child.kill('SIGTERM');
    expect(await demo.exit).toEqual([0, null]);
    expect(demo.said.err).toBe('');
  });

  it('names a taken port and says what to do', async () => {
    using folder = temporaryFolder();
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    await using demo = run({ PORT: String(port), VITALWIRE_DEMO_DATA: folder.path });
    expect(await demo.exit).toEqual([1, null]);
    holder.close();
    expect(demo.said.err).toContain(`Port ${port} is taken`);
    expect(demo.said.err).toContain(`PORT=${port + 1} npm start`);
  });

  it('names a data folder that is in use', async () => {
    using folder = temporaryFolder();
    await using first = run({ PORT: '0', VITALWIRE_DEMO_DATA: folder.path });
    await first.address();
    await using second = run({ PORT: '0', VITALWIRE_DEMO_DATA: folder.path });
    expect(await second.exit).toEqual([1, null]);
    expect(second.said.err).toContain(`The data in ${folder.path} is in use`);
  });

  it('names a variable that cannot be used', async () => {
    await using demo = run({ VITALWIRE_DEMO_TOKEN_SECONDS: 'soon' });
    expect(await demo.exit).toEqual([1, null]);
    expect(demo.said.err.trim()).toBe(
      'VITALWIRE_DEMO_TOKEN_SECONDS must be a whole number from 1 to 86400, not "soon"',
    );
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { TcpProxy, tokenOf, until } from '@vitalwire/testing';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { hasNode22, node22 } from '../../support/node-22.ts';
import { feedback } from '../../support/publications.ts';
import { TestServer, temporaryFolder } from '../../support/test-server.ts';

interface Said {
  readonly node?: string;
  readonly state?: string;
  readonly number?: number;
  readonly recovered?: boolean;
}

/** A program with the client in it, bundled as users bundle theirs, run by a Node. */
async function program(node: string, port: number, folder: string) {
  const file = join(folder, 'main.mjs');
  await build({
    ...{ entryPoints: [join(import.meta.dirname, '../../support/node-client-main.ts')], outfile: file },
    ...{ bundle: true, minify: true, format: 'esm', platform: 'node', conditions: ['@vitalwire/source'] },
  });
  const url = `ws://127.0.0.1:${port}/ws`;
  const token = await tokenOf({ sub: 'ann', diagnoses: [1] });
  const child = spawn(node, [file, JSON.stringify({ url, token, diagnosisId: 1 })]);
  const said: Said[] = [];
  let complaints = '';
  createInterface(child.stdout).on('line', (line) => said.push(JSON.parse(line)));
  child.stderr.on('data', (data) => {
    complaints += data;
  });
  const ended = once(child, 'exit');
  return {
    said,
    says: (wanted: Said) =>
      until(
        () =>
          said.some((entry) =>
            Object.entries(wanted).every(([key, value]) => Reflect.get(entry, key) === value),
          ),
        () => `never ${JSON.stringify(wanted)}: ${JSON.stringify(said)} ${complaints}`,
      ),
    /** Ends its input. Resolves with its exit status and what it wrote to stderr. */
    async end() {
      child.stdin.end();
      const [status] = await ended;
      return { status, complaints };
    },
    [Symbol.dispose]: () => child.kill('SIGKILL'),
  };
}

describe.each([
  {
    line: 'this Node',
    major: process.versions.node.split('.')[0],
    there: true,
    node: () => process.execPath,
  },
  { line: 'Node 22', major: '22', there: hasNode22(), node: node22 },
])('a client in a process of $line', ({ major, there, node }) => {
  it.skipIf(!there)('receives, recovers after a cut without a loss, and lets the process end', async () => {
    await using folder = await temporaryFolder();
    await using server = await TestServer.start();
    await using proxy = await TcpProxy.start(server.port);
    using client = await program(node(), proxy.port, folder.path);
    await client.says({ state: 'live' });
    expect(client.said[0]?.node?.split('.')[0]).toBe(`v${major}`);
    await server.broadcast.feedbackUpdate(1, feedback(1));
    await client.says({ number: 1, recovered: false });

    proxy.refuse();
    proxy.destroy();
    await client.says({ state: 'waiting' });
    await server.broadcast.feedbackUpdate(1, feedback(2));
    await server.broadcast.feedbackUpdate(1, feedback(3));
    proxy.pass();
    await client.says({ number: 3, recovered: true });
    await server.broadcast.feedbackUpdate(1, feedback(4));
    await client.says({ number: 4, recovered: false });

    expect(client.said.filter(({ number }) => number !== undefined)).toEqual([
      { number: 1, recovered: false },
      { number: 2, recovered: true },
      { number: 3, recovered: true },
      { number: 4, recovered: false },
    ]);
    expect(await client.end()).toEqual({ status: 0, complaints: '' });
    expect(client.said.filter((entry) => 'gap' in entry || 'error' in entry)).toEqual([]);
  });
});

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { SECRET } from './tokens.ts';

const CLI = join(import.meta.dirname, '../../src/cli.ts');
/** Halves the time to start from sources. */
const COMPILE_CACHE = join(import.meta.dirname, '../../node_modules/.cache/compile');

/** A folder that is removed when the test is finished. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vitalwire-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A file in a folder of its own. */
export function fileWith(text: string): string {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, text);
  return file;
}

export function secretFile(): string {
  return fileWith(`${SECRET}\n`);
}

/** Runs the command from its sources, with no variables of ours but the given ones. */
export function start(args: string[], environment: Record<string, string> = {}) {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('VITALWIRE_'));
  const child = spawn(process.execPath, ['--conditions=@vitalwire/source', '--no-warnings', CLI, ...args], {
    env: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...Object.fromEntries(inherited), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += String(data)));
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, output: () => output };
}

export async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
  return child.exitCode;
}

export async function run(args: string[], environment: Record<string, string> = {}) {
  const { child, output } = start(args, environment);
  await once(child, 'close');
  return { code: child.exitCode, output: output() };
}

/** Runs `serve` on a free port, and waits until it serves. */
export async function serve(args: string[], environment: Record<string, string> = {}) {
  const { child, output } = start(['serve', '--port', '0', ...args], environment);
  const deadline = Date.now() + 10_000;
  for (;;) {
    const url = /"url":"([^"]+)"/.exec(output())?.[1];
    if (url) return { child, output, url };
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`did not serve:\n${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

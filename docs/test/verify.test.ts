import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { violationKinds } from '@vitalwire/server/verify';
import { describe, expect, it } from 'vitest';
import { root } from '../examples.mjs';
import { Program } from './support/program.ts';
import { SECRET } from './support/tokens.ts';
import { Vitalwire } from './support/vitalwire.ts';

const guide = readFileSync(join(root, 'docs', 'verify.md'), 'utf8');
const vitalwire = [
  '--conditions=@vitalwire/source',
  '--no-warnings',
  join(root, 'packages/server/src/cli.ts'),
];

/** The arguments of a command that the guide shows. */
function argumentsOf(command: string): string[] {
  const [, line] = new RegExp(`^vitalwire (${command} .*?)(?: > .*)?$`, 'm').exec(guide) ?? [];
  if (line === undefined) throw new Error(`the guide shows no vitalwire ${command}`);
  return line.split(' ');
}

describe('docs/verify.md', () => {
  it('shows commands that work together', async () => {
    await using server = await Vitalwire.start();
    const changes = (args: string[]) =>
      args.map((arg) => (arg === 'https://live.example.com' ? server.url : arg));
    await using printed = await Program.start(
      'sh',
      [
        '-c',
        'printf %s "$JWT_SECRET" > secret.txt; "$0" "$@" > token.txt',
        process.execPath,
        ...vitalwire,
        ...argumentsOf('token'),
      ],
      { env: { JWT_SECRET: SECRET } },
    );
    expect(await printed.ended()).toBe(0);
    const args = [...changes(argumentsOf('verify')), '--seconds', '5'];
    await using verified = await Program.start(process.execPath, [...vitalwire, ...args], {
      folder: printed.folder,
    });
    await verified.printed(/^HELD – .*\n\nrun +seed \d+, diagnosis 999999999\n/m);
    // The report in the guide has the lines of a real one.
    const names = (text: string) => [...text.matchAll(/^([a-z][a-z ]+?) {2,}/gm)].map(([, name]) => name);
    expect(names(/```text\n([\s\S]*?)```/.exec(guide)?.[1] ?? '')).toEqual(names(verified.output));
    expect(names(verified.output).length).toBeGreaterThan(7);
    expect(await verified.ended()).toBe(0);
  });

  it('lists every option with its default', () => {
    const { stdout } = spawnSync(process.execPath, [...vitalwire, 'verify', '--help'], { encoding: 'utf8' });
    const help = stdout.replaceAll(/\n {8,}/g, ' ');
    const options = [
      ...help.matchAll(/^ {2}(--[\w-]+) <\w+>.*?(?:\(default: ([^,)]+).*\)|\(env.*\))$/gm),
    ].map(([, name, value]) => [name, value]);
    const rows = [...guide.matchAll(/^\| `(--[\w-]+)` +\| (\S*)/gm)].map(([, name, value]) => {
      return [name, /^\d+$/.test(value ?? '') ? value : undefined];
    });
    expect(rows).toEqual(options);
    expect(rows.length).toBeGreaterThan(8);
  });

  it('lists everything that the checker can find', () => {
    const rows = [...guide.matchAll(/^\| `([a-z-]+)` +\| ([CDZ]\d+) +\|/gm)].map(([, kind, property]) => [
      kind,
      property,
    ]);
    expect(rows).toEqual(Object.entries(violationKinds));
  });
});

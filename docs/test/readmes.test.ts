import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { root } from '../examples.mjs';

const readmes = ['server', 'client', 'protocol', 'react', 'testing']
  .map((name) => join(root, 'packages', name, 'README.md'))
  .filter((path) => existsSync(path));

/** Every block of TypeScript in a document. */
function codeOf(path: string): string[] {
  return [...readFileSync(path, 'utf8').matchAll(/^```tsx?\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);
}

it('compiles all TypeScript in the READMEs of the packages', { timeout: 60_000 }, () => {
  // Within docs/, because packages are looked up from there.
  const folder = join(root, 'docs', '.run');
  mkdirSync(folder, { recursive: true });
  const project = mkdtempSync(join(folder, 'readmes-'));
  onTestFinished(() => rmSync(project, { recursive: true, force: true }));
  const include = readmes.flatMap((path) =>
    codeOf(path).map((code, index) => {
      const file = `${basename(dirname(path))}-${index + 1}.tsx`;
      writeFileSync(join(project, file), code);
      return file;
    }),
  );
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ extends: '../../tsconfig.json', include }));

  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', project], { encoding: 'utf8' });

  expect(stdout).toBe('');
  expect(include).not.toEqual([]);
});

// Packs the package in the current folder as it would be published and checks that archive:
// publint for the manifest, are-the-types-wrong for what a TypeScript consumer resolves.
// Checking the archive, not the folder, covers `files` and `publishConfig` as well.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'vitalwire-pack-'));
try {
  run('pnpm', ['pack', '--pack-destination', folder]);
  const name = readdirSync(folder).find((entry) => entry.endsWith('.tgz'));
  if (name === undefined) throw new Error('pnpm pack made no archive');
  const archive = join(folder, name);
  checkAssets(archive);
  run('publint', ['run', archive, '--strict']);
  run('attw', [archive, '--profile', 'esm-only', '--format', 'ascii', '--no-emoji']);
  console.log(`${name}: publint and are-the-types-wrong found nothing`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** What the compiler leaves out of `dist` has to be copied there, or the published package lacks it. */
function checkAssets(archive) {
  const shipped = new Set(run('tar', ['-tzf', archive]).split(/\r?\n/));
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' });
  const missing = sources
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => /\.(lua|html|css|js)$/.test(path) && !shipped.has(`package/dist/${path}`));
  if (missing.length > 0) throw new Error(`the archive has no ${missing.join(', ')} in dist`);
}

/** @returns what the command printed */
function run(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error(`${stdout ?? ''}${stderr ?? ''}${command} failed`);
  return stdout;
}

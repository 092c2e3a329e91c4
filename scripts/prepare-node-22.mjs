// Makes sure that the tests have a Node 22 to run the client in, or says that those that need one will be skipped.
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findNode22, node22Package } from './find-node-22.mjs';

const { spec, folder } = node22Package;

if (findNode22() === undefined && spec !== undefined) {
  console.log(`[setup] fetching ${spec} from the npm registry, once`);
  fetchNode22();
}

const found = findNode22();
if (found !== undefined) {
  console.log(`[setup] node 22: ${found}`);
} else {
  const required = Boolean(process.env.CI);
  console.error(
    `[setup] node 22: ${spec ? `could not download ${spec}` : 'there is no package of it for this platform'}. ` +
      `${required ? 'The tests need it' : 'Tests that need it WILL BE SKIPPED'}.\n` +
      '[setup] Check the network, and the proxy and registry that npm is set to, or run the tests with Node 22.',
  );
  if (required) process.exitCode = 1;
}

/** Into a folder of its own, which appears only when it is complete. */
function fetchNode22() {
  const staged = `${folder}.${process.pid}`;
  mkdirSync(staged, { recursive: true });
  writeFileSync(join(staged, 'package.json'), '{"private":true}');
  const options = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { status } = spawnSync('npm', ['install', ...options, '--loglevel=error', spec], {
    ...{ cwd: staged, stdio: 'inherit', timeout: 120_000, shell: process.platform === 'win32' },
  });
  try {
    if (status === 0) renameSync(staged, folder);
  } catch {
    // Another run that started at the same time has put it there.
  }
  rmSync(staged, { recursive: true, force: true });
}

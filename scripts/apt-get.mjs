// Installs packages of the distribution where that needs no questions: Debian and Ubuntu as root, as in most CI containers.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';

/** Asked by the packages of services whether they may start; 101 is a no. */
const POLICY = '/usr/sbin/policy-rc.d';

export function canInstall() {
  return process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

/**
 * Installs a package; no service of it is started. Whether it worked shows in whether what it brings is there.
 *
 * @param {string} name
 */
export function install(name) {
  const mayStart = !existsSync(POLICY);
  if (mayStart) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    aptGet('update', '-qq');
    aptGet('install', '-y', '-qq', '--no-install-recommends', name);
  } finally {
    if (mayStart) rmSync(POLICY);
  }
}

function aptGet(...args) {
  spawnSync('apt-get', args, {
    stdio: 'inherit',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeout: 600_000,
  });
}

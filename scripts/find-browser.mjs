// Finds a Chromium for Playwright: its own where it could be downloaded, one of the system otherwise.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { canInstall, install } from './apt-get.mjs';

const COMMANDS = [
  'chromium',
  'chromium-browser',
  'google-chrome-stable',
  'google-chrome',
  'microsoft-edge-stable',
  'microsoft-edge',
];

const { CHROMIUM_PATH, LOCALAPPDATA, PATH, PROGRAMFILES } = process.env;

const APPLICATIONS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ...[PROGRAMFILES, process.env['PROGRAMFILES(X86)'], LOCALAPPDATA]
    .filter((folder) => folder !== undefined)
    .flatMap((folder) => [
      `${folder}\\Google\\Chrome\\Application\\chrome.exe`,
      `${folder}\\Microsoft\\Edge\\Application\\msedge.exe`,
    ]),
];

/**
 * The path of a Chromium to launch: `undefined` when Playwright's own is installed (launch with no path),
 * `null` when there is none. `CHROMIUM_PATH` wins over everything.
 *
 * @param {import('@playwright/test').BrowserType} chromium
 * @returns {string | null | undefined}
 */
export function findChromium(chromium) {
  if (CHROMIUM_PATH) {
    if (existsSync(CHROMIUM_PATH)) return CHROMIUM_PATH;
    throw new Error(`CHROMIUM_PATH names no file: ${CHROMIUM_PATH}`);
  }
  if (existsSync(chromium.executablePath())) return undefined;
  const onPath =
    process.platform === 'win32'
      ? []
      : (PATH ?? '')
          .split(delimiter)
          .filter((folder) => folder !== '')
          .flatMap((folder) => COMMANDS.map((command) => join(folder, command)));
  return [...onPath, ...APPLICATIONS].find((path) => existsSync(path)) ?? null;
}

/**
 * Like {@link findChromium}, but installs one where there is none: from the distribution's packages
 * (Debian and Ubuntu as root, as in most CI containers), else by Playwright's own download.
 *
 * @param {import('@playwright/test').BrowserType} chromium
 * @param {string} playwrightCli
 * @returns {string | undefined}
 */
export function ensureChromium(chromium, playwrightCli) {
  const found = findChromium(chromium);
  if (found !== null) return found;

  const installers = [
    () => {
      if (!canInstall()) return;
      console.log('[setup] no Chromium found: installing the chromium package with apt-get');
      install('chromium');
    },
    () => {
      console.log("[setup] no Chromium found: downloading Playwright's");
      spawnSync(process.execPath, [playwrightCli, 'install', '--no-shell', 'chromium'], {
        stdio: 'inherit',
        timeout: 600_000,
      });
    },
  ];
  for (const attempt of installers) {
    attempt();
    const installed = findChromium(chromium);
    if (installed !== null) return installed;
  }
  throw new Error(
    'no Chromium for the browser tests: install Chromium or Chrome, ' +
      'run `pnpm --filter @vitalwire/e2e exec playwright install chromium`, or set CHROMIUM_PATH',
  );
}

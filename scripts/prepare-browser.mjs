// Makes sure that the browser tests have a Chromium to run in, and a Firefox if one can be had.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ensureChromium } from './find-browser.mjs';
import { ensureFirefox } from './find-firefox.mjs';

const require = createRequire(new URL('../packages/e2e/package.json', import.meta.url));
const { chromium } = require('@playwright/test');
const cli = join(dirname(require.resolve('@playwright/test/package.json')), 'cli.js');

try {
  console.log(`[setup] browser: ${ensureChromium(chromium, cli) ?? chromium.executablePath()}`);
  // Not every distribution has one that can be driven.
  const missing = 'none, so that its tests WILL BE SKIPPED. Install Firefox, or set FIREFOX_PATH';
  console.log(`[setup] firefox: ${ensureFirefox() ?? missing}`);
} catch (error) {
  console.error(`[setup] ${error.message}`);
  process.exitCode = 1;
}

// Makes sure that the browser tests have a Chromium to run in.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ensureChromium } from './find-browser.mjs';

const require = createRequire(new URL('../packages/e2e/package.json', import.meta.url));
const { chromium } = require('@playwright/test');
const cli = join(dirname(require.resolve('@playwright/test/package.json')), 'cli.js');

try {
  console.log(`[setup] browser: ${ensureChromium(chromium, cli) ?? chromium.executablePath()}`);
} catch (error) {
  console.error(`[setup] ${error.message}`);
  process.exitCode = 1;
}

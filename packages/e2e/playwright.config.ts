import { chromium, defineConfig } from '@playwright/test';
import { findChromium } from '../../scripts/find-browser.mjs';

const executablePath = findChromium(chromium);

/** The page that the tests of the fixtures open: known to the workers, once it is served. */
const baseURL = process.env['WATCH_PAGE'];
const onPage = { ...(!executablePath && { channel: 'chromium' }), ...(baseURL !== undefined && { baseURL }) };

// No webServer: every test starts the servers it needs, on port 0, and ends them.
export default defineConfig({
  testDir: 'browser',
  globalSetup: './browser/support/watch-page.ts',
  forbidOnly: Boolean(process.env['CI']),
  retries: 0,
  workers: 2,
  timeout: 30_000,
  reporter: [['list']],
  use: {
    trace: 'retain-on-failure',
    launchOptions: {
      ...(executablePath ? { executablePath } : {}),
      args: [
        '--disable-dev-shm-usage', // containers give /dev/shm very little room
        // Nothing but the tests' own connections:
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--disable-quic',
        '--no-first-run',
      ],
    },
  },
  projects: [
    { name: 'chromium', testIgnore: 'firefox.spec.ts', use: onPage },
    // Launches its own.
    { name: 'firefox', testMatch: 'firefox.spec.ts' },
    // The examples of docs/testing.md.
    {
      name: 'guides',
      testDir: '../../docs/recipes',
      testMatch: 'testing-*.spec.ts',
      fullyParallel: true,
      use: onPage,
    },
  ],
});

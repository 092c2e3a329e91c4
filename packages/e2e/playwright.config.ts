import { chromium, defineConfig } from '@playwright/test';
import { findChromium } from '../../scripts/find-browser.mjs';

const executablePath = findChromium(chromium);

// No webServer: every test starts the servers it needs, on port 0, and ends them.
export default defineConfig({
  testDir: 'browser',
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
  projects: [{ name: 'chromium', use: executablePath ? {} : { channel: 'chromium' } }],
});

import { test as base, expect } from '@playwright/test';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { findFirefox } from '../../../../scripts/find-firefox.mjs';
import { bundled, Site } from './site.ts';

/** Whether there is a Firefox to test in. Playwright drives only builds of its own. */
export const hasFirefox = findFirefox() !== undefined;

interface PerWorker {
  firefox: Browser;
  script: string;
  worker: string;
}

/** A site in Firefox. `open` opens a page of it in a tab, and waits until its subscription is live. */
export const test = base.extend<{ site: Site; open: (user?: string) => Promise<Page> }, PerWorker>({
  firefox: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants it so
    async ({}, use) => {
      const executablePath = findFirefox();
      if (executablePath === undefined) throw new Error('no Firefox: run `node scripts/prepare-browser.mjs`');
      const firefox = await puppeteer.launch({ browser: 'firefox', executablePath });
      await use(firefox);
      await firefox.close();
    },
    { scope: 'worker' },
  ],
  script: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants it so
    async ({}, use) => use(await bundled('tab-page-main.js')),
    { scope: 'worker' },
  ],
  worker: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants it so
    async ({}, use) => use(await bundled('../bundles/worker.js')),
    { scope: 'worker' },
  ],
  site: async ({ script, worker }, use) => {
    await using site = await Site.start(script, { '/worker.js': worker });
    await use(site);
  },
  open: async ({ firefox, site }, use) => {
    const opened: Page[] = [];
    await use(async (user) => {
      const page = await firefox.newPage();
      opened.push(page);
      await page.goto(site.page(user));
      await expect.poll(() => page.evaluate('globalThis.subscription?.state.name')).toBe('live');
      return page;
    });
    for (const page of opened) if (!page.isClosed()) await page.close();
  },
});

import { test as base } from '@playwright/test';
import { bundled, Site } from './site.ts';
import { UnwatchedPage } from './unwatched-page.ts';

/** A site whose pages can be opened in tabs of one browser. */
export type TabbedSite = Site & { open(user?: string): Promise<UnwatchedPage> };

export const test = base.extend<{ site: TabbedSite }, { script: string }>({
  script: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants it so
    async ({}, use) => use(await bundled('tab-page-main.js')),
    { scope: 'worker' },
  ],
  site: async ({ browser, script }, use) => {
    await using site = await Site.start(script);
    const opened: UnwatchedPage[] = [];
    const open = async (user?: string) => {
      const page = await UnwatchedPage.open(browser, site.page(user));
      opened.push(page);
      return page;
    };
    await use(Object.assign(site, { open }));
    for (const page of opened) await page.close();
  },
});

import { expect } from '@playwright/test';
import { type TabbedSite, test } from './support/tabs.ts';
import type { UnwatchedPage } from './support/unwatched-page.ts';

/** Opens tabs one after the other: the first has the connection. */
async function open(site: TabbedSite, count: number): Promise<[leader: UnwatchedPage, ...UnwatchedPage[]]> {
  const pages: UnwatchedPage[] = [];
  while (pages.length < count) {
    const page = await site.open();
    await expect
      .poll(() => page.evaluate('globalThis.subscription?.state.name'), { timeout: 15_000 })
      .toBe('live');
    pages.push(page);
  }
  expect(site.proxy.connections).toBe(1);
  return pages as [UnwatchedPage, ...UnwatchedPage[]];
}

/** Publishes without a pause until what happens meanwhile is over, and a little longer. Returns the number. */
async function publishDuring(site: TabbedSite, action: () => Promise<unknown>): Promise<number> {
  let published = 0;
  let over = false;
  const publishing = (async () => {
    while (!over) {
      await site.publish();
      published++;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  await new Promise((resolve) => setTimeout(resolve, 200));
  await action();
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  over = true;
  await publishing;
  return published;
}

async function expectEverything(page: UnwatchedPage, published: number): Promise<void> {
  await expect.poll(() => page.evaluate('given.length'), { timeout: 20_000 }).toBe(published);
  const offsets = Array.from({ length: published }, (_, index) => index + 1);
  expect(await page.evaluate('given')).toEqual(offsets);
  expect(await page.evaluate('gaps')).toEqual([]);
}

test.describe('tabs of one browser', () => {
  test('share a connection, and lose nothing when the tab that has it is closed', async ({ site }) => {
    const [leader, ...others] = await open(site, 3);
    const published = await publishDuring(site, () => leader.close());
    for (const page of others) await expectEverything(page, published);
    expect(site.proxy.connections).toBe(1);
  });

  test('lose nothing when the process of the tab that has it is killed', async ({ site }) => {
    const [leader, ...others] = await open(site, 3);
    const published = await publishDuring(site, () => leader.crash());
    for (const page of others) await expectEverything(page, published);
    expect(site.proxy.connections).toBe(1);
  });

  test('lose nothing when the tab that has it is frozen, and neither does that one', async ({ site }) => {
    const [leader, ...others] = await open(site, 3);
    const published = await publishDuring(site, async () => {
      await leader.hide();
      await leader.freeze();
    });
    for (const page of others) await expectEverything(page, published);
    await leader.resume();
    await expectEverything(leader, published);
    // A tab that cannot be told for certain what it missed has a connection of its own.
    await expect.poll(() => site.proxy.connections).toBeLessThanOrEqual(2);
  });

  test('of another user have a connection of their own', async ({ site }) => {
    const [ann] = await open(site, 2);
    const ben = await site.open('ben');
    await expect
      .poll(() => ben.evaluate('globalThis.subscription?.state.name'), { timeout: 15_000 })
      .toBe('live');
    expect(site.proxy.connections).toBe(2);
    await site.server.broadcast.feedbackUpdate(
      7,
      { feedback_id: 1, rating: 4, effectiveness: 0.8 },
      { to: 'ann' },
    );
    await site.publish();
    await expect.poll(() => ben.evaluate('given.join()')).toBe('2');
    await expect.poll(() => ann.evaluate('given.join()')).toBe('1,2');
  });
});

import { expect } from '@playwright/test';
import type { Page } from 'puppeteer-core';
import { hasFirefox, test } from './support/firefox.ts';
import { Site } from './support/site.ts';

/** Each publication once, in order, and no gap. */
async function expectEverything(page: Page, published: number): Promise<void> {
  const offsets = Array.from({ length: published }, (_, index) => index + 1);
  await expect.poll(() => page.evaluate('given'), { timeout: 15_000 }).toEqual(offsets);
  expect(await page.evaluate('gaps')).toEqual([]);
}

test.describe('in Firefox', () => {
  test.skip(!hasFirefox, 'there is no Firefox');

  test('a client recovers from a cut without a loss', async ({ site, open }) => {
    const page = await open();
    await site.publish(2);
    await expectEverything(page, 2);
    site.proxy.refuse();
    site.proxy.destroy();
    await site.publish(3);
    await expect.poll(() => page.evaluate('subscription.state.name')).toBe('waiting');
    site.proxy.pass();
    await expectEverything(page, 5);
    expect(await page.evaluate('subscription.state.continuity.status')).toBe('recovered');
    await site.publish();
    await expectEverything(page, 6);
  });

  test('tabs share a connection, and lose nothing when the tab that has it is closed', async ({
    site,
    open,
  }) => {
    const leader = await open();
    const others = [await open(), await open()];
    expect(site.proxy.connections).toBe(1);
    await site.publish(2);
    for (const page of [leader, ...others]) await expectEverything(page, 2);
    await leader.close();
    await site.publish(3);
    for (const page of others) await expectEverything(page, 5);
    await site.publish();
    for (const page of others) await expectEverything(page, 6);
    expect(site.proxy.connections).toBe(1);
  });

  test('a client works in a Web Worker', async ({ site, open }) => {
    const page = await open();
    const settings = { ...site.watched, token: await Site.token('ben') };
    await page.evaluate((given) => {
      const said: unknown[] = [];
      const worker = new Worker('/worker.js', { type: 'module' });
      worker.onmessage = ({ data }) => said.push(data);
      worker.onerror = ({ message }) => said.push(message);
      worker.postMessage(given);
      Object.assign(globalThis, { said });
    }, settings);
    await expect.poll(() => page.evaluate('said')).toEqual(['live']);
    await site.publish();
    await expect.poll(() => page.evaluate('said')).toEqual(['live', '1: 4']);
  });
});

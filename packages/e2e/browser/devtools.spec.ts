import type { Page } from '@playwright/test';
import { test as siteTest } from './support/tabs.ts';
import { expect, test } from './support/test.ts';

const DIAGNOSIS = 101;

/** Opens the panel, and makes something happen that it shows: it begins where the first connection is over. */
async function show(page: Page) {
  await page.getByTestId('devtools-toggle').click();
  const tools = page.getByTestId('devtools');
  await expect(tools.locator('li')).not.toHaveCount(0);
  await page.getByTestId('button-cut').click();
  await expect(tools.getByText('authenticate', { exact: true })).toBeAttached();
  return tools;
}

test.describe('the developer view', () => {
  test('shows what happens on the connection, and no contents until they are asked for', async ({
    publish,
    openAs,
  }) => {
    const { page } = await openAs('amara', `#/patient/${DIAGNOSIS}`);
    const tools = await show(page);
    const events = tools.getByRole('list');
    await expect(events.getByText('authenticate', { exact: true })).toBeVisible();
    await expect(events.getByText('recovered', { exact: true }).first()).toBeVisible();
    await expect(tools.locator('.trip')).toHaveText(/^\d+ ms$/);

    await publish.feedbackUpdate(DIAGNOSIS);
    const publication = events.locator('details', { hasText: 'feedback_update' }).first();
    await publication.locator('summary').focus();
    await page.keyboard.press('Enter');
    await expect(publication.locator('pre')).toContainText(`"diagnosis_id": ${DIAGNOSIS}`);
    await expect(publication.locator('pre')).not.toContainText('rating');
    await events.locator('details', { hasText: 'authenticate' }).last().locator('summary').click();
    await expect(events).not.toContainText('eyJ');

    await tools.getByLabel('contents').check();
    await publish.feedbackUpdate(DIAGNOSIS);
    const second = events.locator('details', { hasText: 'feedback_update' }).first();
    await expect(second).not.toHaveAttribute('open');
    await second.locator('summary').click();
    await expect(second.locator('pre')).toContainText('"rating": ');
  });

  test('leaves out what is not wanted, pauses and clears', async ({ publish, openAs }) => {
    const { page } = await openAs('amara', `#/patient/${DIAGNOSIS}`);
    const tools = await show(page);
    const frames = tools.locator('li.frames');
    await expect(frames.first()).toBeVisible();
    await tools.getByLabel('frames').uncheck();
    await expect(frames.first()).toBeHidden();
    await tools.getByLabel('frames').check();
    await tools.getByRole('button', { name: 'Pause' }).click();
    await tools.getByRole('button', { name: 'Clear' }).click();
    await publish.feedbackUpdate(DIAGNOSIS);
    await expect(page.getByTestId('arrival').first()).toBeVisible();
    await expect(tools.locator('li')).toHaveCount(0);
    await tools.getByRole('button', { name: 'Go on' }).click();
    await expect(frames.first()).toContainText('feedback_update');
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`fits a phone, ${colorScheme}`, async ({ openAs }, testInfo) => {
      const { page } = await openAs('amara', `#/patient/${DIAGNOSIS}`);
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width: 360, height: 740 });
      const tools = await show(page);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
      const background = await tools
        .locator('section')
        .evaluate((section) => getComputedStyle(section).backgroundColor);
      expect(background).toBe(colorScheme === 'dark' ? 'rgb(22, 25, 27)' : 'rgb(253, 253, 252)');
      await tools.scrollIntoViewIfNeeded();
      await testInfo.attach(colorScheme, { body: await page.screenshot(), contentType: 'image/png' });
    });
  }
});

siteTest(
  'the panel floats above a page, folded, and is opened and folded by the keyboard',
  async ({ site, page }) => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.goto(site.page('ann', '&devtools'));
    const toggle = page.getByRole('button', { name: 'Vitalwire connection: connected' });
    const events = page.getByRole('list', { name: 'Events, the latest first' });
    await expect(toggle).toHaveAttribute('aria-expanded', 'false');
    await expect(events).toBeHidden();
    await toggle.focus();
    await page.keyboard.press('Enter');
    await expect(events.getByText('connected', { exact: true })).toBeVisible();
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Escape');
    await expect(events).toBeHidden();
    await expect(toggle).toBeFocused();
  },
);

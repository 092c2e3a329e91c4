import type { Published } from '@vitalwire/testing';
import { expect, test } from './support/test.ts';

const DIAGNOSIS = 101;

test.describe('a token that expires', () => {
  test.use({ clinicOptions: { tokenSeconds: 6 } });

  test('is replaced by a fresh one without losing a message', async ({ publish, openAs }) => {
    test.setTimeout(60_000);
    const { page } = await openAs('amara', `#/patient/${DIAGNOSIS}`);
    await expect(page).toBeLive();
    const published: Published[] = [];
    // Longer than two lifetimes, with the five seconds that a server tolerates.
    const end = Date.now() + 18_000;
    while (Date.now() < end) {
      published.push(await publish.feedbackUpdate(DIAGNOSIS));
      await page.waitForTimeout(300);
    }
    await expect(page).toHaveReceivedExactly(published);
    await expect(page).toBeLive();
  });
});

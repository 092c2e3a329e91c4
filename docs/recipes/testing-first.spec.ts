import { expect, test } from '@vitalwire/testing/playwright';

// The page connects to the server of the test instead.
test.use({ serverOptions: { insteadOf: 'wss://api.example.com/ws' } });

test.beforeEach(async ({ page, tokenFor }) => {
  // The page asks its backend for a token. Here the test answers.
  await page.route('**/session/token', async (route) =>
    route.fulfill({ body: await tokenFor('amara', { diagnoses: [7] }) }),
  );
  await page.goto('/diagnoses/7');
  await expect(page).toBeLive();
});

test('a page shows what it missed while it was offline', async ({ page, publish, network }) => {
  const before = await publish.effectivenessUpdate(7, { new_effectiveness: 0.82 });
  await expect(page).toHaveReceived([before]);

  network.cut();
  const missed = [
    await publish.feedbackUpdate(7, { comment: 'slept well' }),
    await publish.recommendationUpdate(7),
  ];
  network.restore();

  await expect(page).toHaveRecovered({ count: 2 });
  await expect(page).toHaveReceivedExactly([before, ...missed]);
  await expect(page.getByText('slept well')).toBeVisible();
});

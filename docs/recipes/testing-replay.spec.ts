import { expect, recordPage, replayInPage, test } from '@vitalwire/testing/playwright';

test.use({ serverOptions: { insteadOf: 'wss://api.example.com/ws' } });

test('what a page was told once is told to it again', async ({ page, network, publish, tokenFor }) => {
  await page.route('**/session/token', async (route) =>
    route.fulfill({ body: await tokenFor('amara', { diagnoses: [7] }) }),
  );
  const recording = recordPage(page);
  await page.goto('/diagnoses/7');
  await expect(page).toBeLive();
  network.cut();
  await publish.feedbackUpdate(7, { comment: 'words of a patient' });
  network.restore();
  await expect(page).toHaveRecovered({ count: 1 });
  // A file from here on: JSON.stringify(trace), and parseTrace of `@vitalwire/testing/trace`.
  const { trace } = recording;
  expect(JSON.stringify(trace)).not.toContain('words of a patient');

  await page.evaluate(() => sessionStorage.clear()); // the page begins without a position, as it did then
  const replay = await replayInPage(page, trace);
  await page.reload();

  await replay.finished();
  await expect(page).toHaveRecovered({ count: 1 });
});

import { expect, test } from '@vitalwire/testing/playwright';

test.use({ serverOptions: { insteadOf: 'wss://api.example.com/ws' } });

test.beforeEach(async ({ page, tokenFor }) => {
  await page.route('**/session/token', async (route) =>
    route.fulfill({ body: await tokenFor('amara', { diagnoses: [7] }) }),
  );
  await page.goto('/diagnoses/7');
  await expect(page).toBeLive();
});

test('cut and restore: the network is down for a while', async ({ page, publish, network }) => {
  network.cut();
  await expect(page).not.toBeLive();
  const missed = await publish.feedbackUpdate(7);
  network.restore();
  await expect(page).toHaveReceivedExactly([missed]);
});

test('drop: every connection breaks once', async ({ page, publish, network }) => {
  const { attempts } = network;
  network.drop();
  await expect.poll(() => network.attempts).toBeGreaterThan(attempts);
  await expect(page).toHaveReceivedExactly([await publish.feedbackUpdate(7)]);
});

test('halfOpen: nothing arrives, and nobody is told', async ({ page, publish, network }) => {
  network.halfOpen();
  const lost = await publish.feedbackUpdate(7);
  await expect(page).toBeLive(); // it does not know better, until its heartbeat finds out or the network is back
  network.restore();
  await expect(page).toHaveReceivedExactly([lost]);
});

test('delay: everything is late', async ({ page, publish, network }) => {
  network.delay(300);
  const late = await publish.feedbackUpdate(7);
  await expect(page).not.toHaveReceived([late], { timeout: 100 });
  await expect(page).toHaveReceivedExactly([late]);
});

test('throttle: little passes in a second', async ({ page, publish, network }) => {
  network.throttle(20_000);
  const large = await publish.feedbackUpdate(7, { comment: 'word '.repeat(2_000) });
  await expect(page).not.toHaveReceived([large], { timeout: 100 });
  await expect(page).toHaveReceivedExactly([large]);
});

test('refuse: open connections go on, new ones fail', async ({ page, publish, network }) => {
  network.refuse();
  await expect(page).toHaveReceivedExactly([await publish.feedbackUpdate(7)]);
  await page.reload();
  await expect(page).not.toBeLive();
  network.restore();
  await expect(page).toBeLive();
});

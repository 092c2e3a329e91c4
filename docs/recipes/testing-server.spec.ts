import { expect, test } from '@vitalwire/testing/playwright';

test.use({ serverOptions: { insteadOf: 'wss://api.example.com/ws' } });

test.beforeEach(async ({ page, tokenFor }) => {
  await page.route('**/session/token', async (route) =>
    route.fulfill({ body: await tokenFor('amara', { diagnoses: [7] }) }),
  );
  await page.goto('/diagnoses/7');
  await expect(page).toBeLive();
});

test('kill and restart: it crashes, and goes on from its data', async ({ page, publish, server }) => {
  const before = await publish.feedbackUpdate(7);
  await server.kill();
  await server.restart();
  await expect(page).toHaveReceivedExactly([before, await publish.feedbackUpdate(7)]);
});

test('restart: a deploy, of which the page is told', async ({ page, publish, server }) => {
  await server.restart();
  await expect(page).toHaveReceivedExactly([await publish.feedbackUpdate(7)]);
});

test('expireToken: the page fetches another one', async ({ page, publish, server }) => {
  const fetched = page.waitForRequest('**/session/token');
  await server.expireToken('amara');
  await fetched;
  await expect(page).toHaveReceivedExactly([await publish.feedbackUpdate(7)]);
});

test('revoke: the user is locked out', async ({ page, server }) => {
  await server.revoke('amara');
  await expect(page).not.toBeLive();
});

test('evict: what was missed is gone, and the page says so', async ({ page, publish, network, server }) => {
  network.cut();
  await publish.feedbackUpdate(7);
  const kept = await publish.feedbackUpdate(7);
  await server.evict(7, { keep: 1 });
  network.restore();
  await expect(page).toHaveGap({ reason: 'retention' });
  await expect(page).toHaveReceivedExactly([kept]);
});

test('newEpoch: the log lost its past', async ({ page, publish, server }) => {
  const before = await publish.feedbackUpdate(7);
  await expect(page).toHaveReceived([before]);
  await server.newEpoch(7);
  const after = await publish.feedbackUpdate(7);
  await expect(page).toHaveGap({ reason: 'epoch_changed' });
  await expect(page).toHaveReceivedExactly([before, after]);
});

test('slowReader: a user takes nothing any more', async ({ page, publish, network, server }) => {
  await server.slowReader('amara');
  const waiting = await publish.feedbackUpdate(7);
  await expect(page).not.toHaveReceived([waiting], { timeout: 100 });
  network.restore();
  await expect(page).toHaveReceivedExactly([waiting]);
});

test('clock: two hours pass, and the token with them', async ({ page, publish, server }) => {
  const fetched = page.waitForRequest('**/session/token');
  await server.clock.advance(2 * 60 * 60 * 1_000);
  await fetched;
  await expect(page).toHaveReceivedExactly([await publish.feedbackUpdate(7)]);
});

import { expect, test } from '@vitalwire/testing/playwright';

test.use({ serverOptions: { insteadOf: 'wss://api.example.com/ws', compression: true } });

test('a browser takes what is compressed once for all', async ({ page, publish, network, tokenFor }) => {
  await page.route('**/session/token', async (route) =>
    route.fulfill({ body: await tokenFor('anna', { diagnoses: [7] }) }),
  );
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Network.enable');
  const agreed = new Promise((resolve) => {
    devtools.once('Network.webSocketHandshakeResponseReceived', ({ response }) =>
      resolve(response.headers['Sec-WebSocket-Extensions']),
    );
  });
  await page.goto('/diagnoses/7');
  await expect(page).toBeLive();
  expect(await agreed).toContain('permessage-deflate; server_no_context_takeover');
  const comment = 'slept well, woke once. '.repeat(1_000);
  const published = [await publish.feedbackUpdate(7, { comment }), await publish.feedbackUpdate(7)];
  await expect(page).toHaveReceivedExactly(published);
  network.cut();
  published.push(await publish.feedbackUpdate(7, { comment }));
  network.restore();
  await expect(page).toHaveReceivedExactly(published);
});

import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test as base, expect, type Page } from '@playwright/test';
import { createServer, signToken, type VitalwireServer } from '@vitalwire/server';

const SECRET = 'the secret of the tests of the page at /docs';
const PREFIX = '/live';

interface Docs {
  readonly page: Page;
  readonly server: VitalwireServer;
  readonly origin: string;
  readonly token: string;
  /** Requests to other places, and what the browser complained about. */
  readonly complaints: string[];
}

const test = base.extend<{ docs: Docs }>({
  docs: async ({ page }, use) => {
    const server = createServer({ auth: { secret: SECRET } });
    const host = createHttpServer((_, response) => response.writeHead(404).end());
    server.attach(host, { basePath: PREFIX });
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
    const origin = `127.0.0.1:${(host.address() as AddressInfo).port}`;
    const complaints: string[] = [];
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.host !== origin && url.protocol !== 'data:') complaints.push(`request to ${url.href}`);
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    const token = await signToken({ secret: SECRET, sub: '7', diagnoses: [123] });
    await page.goto(`http://${origin}${PREFIX}/docs`);
    await use({ page, server, origin, token, complaints });
    await server.close();
    host.closeAllConnections();
    await new Promise((resolve) => host.close(resolve));
  },
});

test('the page at /docs publishes by HTTP with the given token, and asks nobody else for anything', async ({
  docs: { page, token, complaints },
}) => {
  await page.getByLabel('Token').fill(token);
  await expect(page.locator('#token-says')).toContainText('sub 7 · diagnoses 123 · expires in 60 min');
  const operation = page.locator('.opblock', { hasText: '/ws/broadcast-feedback-update' });
  await operation.locator('.opblock-summary').click();
  await operation.getByRole('button', { name: 'Execute' }).click();
  const answer = operation.locator('.live-responses-table');
  await expect(answer.locator('.response .response-col_status')).toHaveText('200');
  await expect(answer).toContainText('"offset": 1');
  expect(complaints).toEqual([]);
});

test('the page at /docs shows the WebSocket endpoints, and a live console', async ({
  docs: { page, server, token, complaints },
}) => {
  await page.getByRole('tab', { name: 'HTTP' }).press('ArrowRight');
  await expect(page.getByRole('tab', { name: 'WebSocket' })).toBeFocused();
  for (const name of ['connect', 'effectiveness_update', 'pong', 'subscribe', 'disconnect']) {
    await expect(page.locator(`#message-${name}`)).toBeVisible();
  }
  await expect(page.getByRole('cell', { name: 'token_expired' })).toBeVisible();

  const live = page.getByLabel('Live console');
  const frames = live.locator('.frames');
  await page.getByLabel('Token').fill(token);
  await live.getByRole('button', { name: 'Connect' }).click();
  await expect(frames).toContainText('connect');
  await live.getByRole('button', { name: 'Send ping' }).click();
  await expect(frames).toContainText('pong');
  await server.broadcast.feedbackUpdate(123, {
    feedback_id: 1,
    rating: 5,
    effectiveness: 0.9,
    comment: '<b>',
  });
  await frames.getByText('feedback_update', { exact: true }).click();
  await expect(frames.locator('.json').last()).toContainText('"comment": "<b>"');
  await live.getByRole('button', { name: 'Disconnect' }).click();
  await expect(frames).toContainText('closed: 1000');

  await live.getByLabel('Endpoint').selectOption('many');
  await live.getByRole('button', { name: 'Connect' }).click();
  await expect(frames.getByText('connect', { exact: true })).toHaveCount(2);
  await expect(frames).not.toContainText(token);
  expect(complaints).toEqual([]);
});

test('the live console shows why a connection was refused', async ({ docs: { page } }) => {
  await page.getByRole('tab', { name: 'WebSocket' }).click();
  const live = page.getByLabel('Live console');
  await live.getByRole('button', { name: 'Connect' }).click();
  await expect(live.locator('.frames')).toContainText('closed: 1008 invalid_token');
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`the page at /docs fits a phone, ${colorScheme}`, async ({ docs: { page } }) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 360, height: 740 });
    await expect(page.locator('.opblock').first()).toBeVisible();
    for (const name of ['HTTP', 'WebSocket']) {
      await page.getByRole('tab', { name }).click();
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow).toBe(0);
    }
    const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(background).toBe(colorScheme === 'dark' ? 'rgb(16, 22, 20)' : 'rgb(245, 246, 242)');
  });
}

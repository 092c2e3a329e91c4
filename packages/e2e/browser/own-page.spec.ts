import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, type Page, test } from '@playwright/test';
import { createServer, signToken, type VitalwireServer } from '@vitalwire/server';

const PAGE = join(import.meta.dirname, '..', '..', '..', 'docs', 'recipes', 'page.html');
const secret = 'a secret of the tests, which is long enough for HS256';

/** The page of the README as a newcomer has it: with a token of their own, and here another port. */
async function pageFor(port: number): Promise<string> {
  const token = await signToken({ secret, sub: '7', diagnoses: [123] });
  const text = await readFile(PAGE, 'utf8');
  expect(text).toContain('127.0.0.1:8000');
  expect(text).toContain('paste the token here');
  return text.replace('127.0.0.1:8000', `127.0.0.1:${port}`).replace('paste the token here', token);
}

async function expectMessages(page: Page, server: VitalwireServer): Promise<void> {
  const feedback = (number: number) =>
    server.broadcast.feedbackUpdate(123, { feedback_id: number, rating: 4, effectiveness: 0.8 });
  const messages = page.locator('#messages');
  const shown = async () =>
    String(await messages.textContent())
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  await expect.poll(shown).toMatchObject([{ type: 'connect' }]);
  await feedback(1);
  await expect.poll(shown).toMatchObject([{ type: 'connect' }, { offset: 1, data: { feedback_id: 1 } }]);
  // Proven by a pong within a second; then nothing of it comes again.
  await expect.poll(async () => (await server.status()).queued_messages_by_diagnosis).toEqual({});

  const address = page.url();
  await page.goto('about:blank');
  await feedback(2);
  await feedback(3);
  await page.goto(address);

  await expect
    .poll(shown)
    .toMatchObject([
      { type: 'connect', data: { recovery: { status: 'recovered', count: 2 } } },
      { data: { feedback_id: 2 } },
      { data: { feedback_id: 3 } },
    ]);
}

test.describe('the page of the README', () => {
  let server: VitalwireServer;
  let port: number;

  test.beforeEach(async () => {
    server = createServer({ auth: { secret } });
    ({ port } = await server.listen({ port: 0 }));
  });
  test.afterEach(() => server.close());

  test('receives what is published when it is opened as a file', async ({ page }) => {
    const folder = await mkdtemp(join(tmpdir(), 'vitalwire-page-'));
    try {
      const file = join(folder, 'page.html');
      await writeFile(file, await pageFor(port));
      await page.goto(pathToFileURL(file).href);
      await expectMessages(page, server);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('receives what is published when it is served', async ({ page }) => {
    const text = await pageFor(port);
    const host = createHttpServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end(text);
    }).listen(0, '127.0.0.1');
    await once(host, 'listening');
    try {
      await page.goto(`http://127.0.0.1:${(host.address() as AddressInfo).port}/`);
      await expectMessages(page, server);
    } finally {
      host.close();
      host.closeAllConnections();
    }
  });
});

import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from '@playwright/test';
import type { Publish } from '@vitalwire/testing';
import { test as base, expect, type TestedServer } from '@vitalwire/testing/playwright';

const PAGE = join(import.meta.dirname, '..', '..', '..', 'docs', 'recipes', 'page.html');
const DIAGNOSIS = 123;

const test = base.extend<{ ownPage: string }>({
  /** The page of the README as a newcomer has it: with a token of their own, and here another port. */
  ownPage: async ({ server, tokenFor }, use) => {
    const text = await readFile(PAGE, 'utf8');
    expect(text).toContain('127.0.0.1:8000');
    expect(text).toContain('paste the token here');
    const token = await tokenFor('7', { diagnoses: [DIAGNOSIS] });
    const { host } = new URL(server.url);
    await use(text.replace('127.0.0.1:8000', host).replace('paste the token here', token));
  },
});

async function expectMessages(page: Page, server: TestedServer, publish: Publish): Promise<void> {
  const messages = page.locator('#messages');
  const shown = async () =>
    String(await messages.textContent())
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  await expect.poll(shown).toMatchObject([{ type: 'connect' }]);
  const first = await publish.feedbackUpdate(DIAGNOSIS);
  await expect.poll(shown).toMatchObject([{ type: 'connect' }, first]);
  // Proven by a pong within a second; then nothing of it comes again.
  await expect.poll(async () => (await server.status()).queued_messages_by_diagnosis).toEqual({});

  const address = page.url();
  await page.goto('about:blank');
  const missed = [await publish.feedbackUpdate(DIAGNOSIS), await publish.feedbackUpdate(DIAGNOSIS)];
  await page.goto(address);

  const connect = { type: 'connect', data: { recovery: { status: 'recovered', count: 2 } } };
  await expect.poll(shown).toMatchObject([connect, ...missed]);
}

test.describe('the page of the README', () => {
  test('receives what is published when it is opened as a file', async ({
    page,
    ownPage,
    server,
    publish,
  }) => {
    const folder = await mkdtemp(join(tmpdir(), 'vitalwire-page-'));
    try {
      const file = join(folder, 'page.html');
      await writeFile(file, ownPage);
      await page.goto(pathToFileURL(file).href);
      await expectMessages(page, server, publish);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('receives what is published when it is served', async ({ page, ownPage, server, publish }) => {
    const host = createHttpServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end(ownPage);
    }).listen(0, '127.0.0.1');
    await once(host, 'listening');
    try {
      await page.goto(`http://127.0.0.1:${(host.address() as AddressInfo).port}/`);
      await expectMessages(page, server, publish);
    } finally {
      host.close();
      host.closeAllConnections();
    }
  });
});

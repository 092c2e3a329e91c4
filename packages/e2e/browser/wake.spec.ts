import type { Browser } from '@playwright/test';
import type { Publish, Published } from '@vitalwire/testing';
import type { TestedServer } from '@vitalwire/testing/playwright';
import { expect, several, test } from './support/test.ts';
import { UnwatchedPage } from './support/unwatched-page.ts';

const DIAGNOSIS = 101;
const PATIENT = `#/patient/${DIAGNOSIS}`;

/** The promise is 2 s. A busy machine gets as much again. */
const PROMISED_MS = 4_000;

test.use({
  // Playwright turns the back/forward cache off.
  launchOptions: ({ launchOptions }, use) =>
    use({ ...launchOptions, ignoreDefaultArgs: ['--disable-back-forward-cache'] }),
});

const ARRIVALS = `[...document.querySelectorAll('[data-testid="arrival"]')]
  .map(({ dataset }) => dataset.offset + (dataset.recovered === 'true' ? ' recovered' : '')).reverse().join()`;
const STATE = `document.querySelector('[data-testid="subscription-${DIAGNOSIS}"]')?.dataset.state`;
const TOKENS = `Number(document.querySelector('[data-testid="token-count"]').textContent)`;

/** A page of Playwright or another one. */
interface AnyPage {
  evaluate(expression: string): Promise<unknown>;
}

/** Opens the page of a patient, which Playwright does not watch. */
async function openUnwatched(browser: Browser, url: string): Promise<UnwatchedPage> {
  const page = await UnwatchedPage.open(browser, url);
  const login = `document.querySelector('[data-testid="login-amara"]')`;
  await expect.poll(() => page.evaluate(`${login} !== null`), { timeout: 15_000 }).toBe(true);
  await page.evaluate(`${login}.click()`);
  return page;
}

/** Waits until a page is live and has received one publication, which it returns. */
async function watch(publish: Publish, page: AnyPage): Promise<Published> {
  await expect.poll(() => page.evaluate(STATE), { timeout: 20_000 }).toBe('live');
  const before = await publish.feedbackUpdate(DIAGNOSIS);
  await untilArrived(page, [before], []);
  return before;
}

async function untilArrived(page: AnyPage, live: Published[], recovered: Published[]): Promise<void> {
  const expected = [
    ...live.map(({ offset }) => offset),
    ...recovered.map(({ offset }) => `${offset} recovered`),
  ].join();
  // Looked at often, since it is measured.
  await expect.poll(() => page.evaluate(ARRIVALS), { timeout: 20_000, intervals: [20] }).toBe(expected);
}

/** Wakes a page that missed something, and measures how long it takes until it has it. */
async function wake(
  page: AnyPage,
  before: Published,
  missed: Published[],
  wakes: () => Promise<unknown>,
): Promise<void> {
  const began = performance.now();
  await wakes();
  await untilArrived(page, [before], missed);
  const took = Math.round(performance.now() - began);
  console.log(`  ${test.info().titlePath.slice(1).join(' ')}: all there ${took} ms after the wake`);
  expect(took).toBeLessThan(PROMISED_MS);
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const untilAway = (server: TestedServer) =>
  expect.poll(async () => (await server.status()).total_connections, { timeout: 15_000 }).toBe(0);

test.describe('a page that wakes up', () => {
  test('as the network comes back', async ({ publish, openAs }) => {
    const { page } = await openAs('amara', PATIENT);
    const before = await watch(publish, page);
    const context = page.context();
    await context.setOffline(true);
    // The browser says so, and the connection does not answer.
    await expect.poll(() => page.evaluate(STATE), { timeout: 15_000 }).not.toBe('live');
    const missed = await several(3, () => publish.feedbackUpdate(DIAGNOSIS));
    await wake(page, before, missed, () => context.setOffline(false));
  });

  test('after it was frozen, without a connection meanwhile', async ({ publish, server, browser }) => {
    const page = await openUnwatched(browser, server.url);
    const before = await watch(publish, page);
    await page.hide();
    await page.freeze();
    await untilAway(server);
    const missed = await several(3, () => publish.feedbackUpdate(DIAGNOSIS));
    await wake(page, before, missed, () => page.resume());
    await page.close();
  });

  test('restored from the back/forward cache', async ({ publish, server, openAs }) => {
    const { page } = await openAs('amara', PATIENT);
    const before = await watch(publish, page);
    await page.evaluate(() => Object.assign(window, { sameLife: true }));
    await page.goto('about:blank');
    await untilAway(server);
    const missed = await several(3, () => publish.feedbackUpdate(DIAGNOSIS));
    // Playwright waits for a page to load, which this one did long ago.
    await wake(page, before, missed, () => page.evaluate(() => history.back()).catch(() => {}));
    expect(await page.evaluate(() => 'sameLife' in window)).toBe(true);
  });

  test('on a connection that died without a word, as it is shown', async ({
    publish,
    server,
    network,
    browser,
  }) => {
    const page = await openUnwatched(browser, server.url);
    const before = await watch(publish, page);
    await page.hide();
    network.halfOpen();
    const missed = await several(3, () => publish.feedbackUpdate(DIAGNOSIS));
    network.proxy.pass();
    await wake(page, before, missed, () => page.show());
    await page.close();
  });

  test('as its process goes on that the sleep of the device had stopped', async ({
    publish,
    network,
    openAs,
    browser,
  }) => {
    const { page } = await openAs('amara', PATIENT);
    const before = await watch(publish, page);
    const devtools = await browser.newBrowserCDPSession();
    const { processInfo } = await devtools.send('SystemInfo.getProcessInfo');
    const renderers = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
    for (const id of renderers) process.kill(id, 'SIGSTOP');
    network.halfOpen();
    const missed = await several(3, () => publish.feedbackUpdate(DIAGNOSIS));
    // Longer than a page can be busy, by its own judgement.
    await pause(3_500);
    network.proxy.pass();
    await wake(page, before, missed, async () => {
      for (const id of renderers) process.kill(id, 'SIGCONT');
    });
  });
});

test.describe('a page whose token ended while it was frozen', () => {
  test.use({ clinicOptions: { tokenSeconds: 4 } });

  test('gets a fresh one', async ({ publish, server, browser }) => {
    const page = await openUnwatched(browser, server.url);
    const before = await watch(publish, page);
    await page.hide();
    await page.freeze();
    const missed = await several(3, () => publish.feedbackUpdate(DIAGNOSIS));
    const tokens = Number(await page.evaluate(TOKENS));
    // The server tolerates five seconds more.
    await pause(9_500);
    await wake(page, before, missed, () => page.resume());
    expect(await page.evaluate(TOKENS)).toBe(tokens + 1);
    await page.close();
  });
});

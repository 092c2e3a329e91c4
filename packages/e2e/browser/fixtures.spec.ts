import type { Page } from '@playwright/test';
import { InProcessServer, SECRET } from '@vitalwire/testing';
import { test as base, createTest, expect } from '@vitalwire/testing/playwright';
import { clinicCatalogue } from '../support/dose-update.ts';

// What each verb does: docs/recipes/testing-*.spec.ts, which run beside these.

interface Watch {
  readonly user?: string;
  readonly diagnoses?: readonly number[];
  /** How the page takes publications. @default 'publication' */
  readonly takes?: string;
  readonly page?: Page;
}

const test = base.extend<{ watch: (options?: Watch) => Promise<Page> }>({
  serverOptions: { insteadOf: 'wss://api.example.com/ws' },
  watch: async ({ page: own, tokenFor }, use) => {
    await use(async ({ user = 'anna', diagnoses = [7], takes = 'publication', page = own } = {}) => {
      await page.route('**/session/token', async (route) =>
        route.fulfill({ body: await tokenFor(user, { diagnoses }) }),
      );
      await page.goto(`/diagnoses/${diagnoses}?takes=${takes}`);
      return page;
    });
  },
});

test.describe.configure({ mode: 'parallel' });

test.describe('what handlers were given', () => {
  for (const takes of ['publication', 'type', 'both', 'loop']) {
    test(`is seen when they take it by ${takes}`, async ({ watch, publish }) => {
      const page = await watch({ takes });
      const published = [await publish.feedbackUpdate(7), await publish.feedbackUpdate(7)];
      await expect(page).toHaveReceivedExactly(published);
      await expect(page.locator('li')).toContainText(['feedback_update 1', 'feedback_update 2']);
    });
  }

  test('is told apart by diagnosis and by user', async ({ watch, publish, newPage }) => {
    const page = await watch({ diagnoses: [7, 8] });
    const other = await watch({ user: 'ben', diagnoses: [8], page: await newPage({ baseURL: page.url() }) });
    const published = [
      await publish.feedbackUpdate(8),
      await publish.feedbackUpdate(7),
      await publish.feedbackUpdate(8, {}, { to: 'anna' }),
    ];
    await expect(page).toHaveReceivedExactly(published);
    await expect(page).toHaveReceived(published.slice(1));
    await expect(page).toBeLive({ diagnosisId: 8 });
    await expect(other).toHaveReceivedExactly(published.slice(0, 1));
  });

  test('is kept over a reload, and nothing comes again', async ({ watch, publish }) => {
    const page = await watch();
    const before = await publish.feedbackUpdate(7);
    await expect(page).toHaveReceivedExactly([before]);
    await page.reload();
    await expect(page).toBeLive();
    await expect(page).toHaveReceivedExactly([before, await publish.feedbackUpdate(7)]);
    await expect(page).not.toHaveGap();
  });

  test('is no repetition when it comes on top of a state that is loaded anew', async ({ watch, publish }) => {
    const page = await watch({ takes: 'state' });
    const published = await publish.feedbackUpdate(7);
    await expect(page).toHaveReceivedExactly([published]);
    await page.reload();
    await expect(page).toBeLive();
    const later = await publish.feedbackUpdate(7);
    await expect(page.locator('li')).toContainText(['feedback_update 1', 'feedback_update 2']);
    await expect(page).toHaveReceivedExactly([published, later]);
  });

  test('shows what comes twice, side by side', async ({ watch, publish }) => {
    const page = await watch();
    const published = await publish.feedbackUpdate(7);
    await expect(page).toHaveReceivedExactly([published]);
    // Without its position the page is given everything again.
    await page.evaluate(() => sessionStorage.clear());
    await page.reload();
    await expect(page.locator('li')).toHaveCount(1);
    const failure = await expect(page)
      .toHaveReceivedExactly([published])
      .then(() => '', String);
    expect(failure).toContain('expect(page).toHaveReceivedExactly(): waiting longer cannot help');
    expect(failure).toContain('1 of 1 as published, 1 given twice');
    expect(failure).toMatch(/✗ – +│ 7 #1 feedback_update .*← given twice/);
  });

  test('is nothing when no handler got it, although the frame arrived', async ({ watch, publish }) => {
    const page = await watch({ takes: 'throws' });
    const published = await publish.feedbackUpdate(7);
    await expect(page).toBeLive();
    const failure = await expect(page)
      .toHaveReceived([published], { timeout: 300 })
      .then(() => '', String);
    expect(failure).toContain('toHaveReceived({ timeout: 300 }): waited 300 ms');
    expect(failure).toContain('← its handler threw');
    expect(failure).toContain('subscriptions: 7 live');
  });
});

const onRunningServer = test.extend<{ running: InProcessServer }>({
  running: async ({ browserName: _ }, use) => {
    await using server = await InProcessServer.start();
    await use(server);
  },
  serverOptions: async ({ running: { url } }, use) => {
    await use({ url, secret: SECRET, insteadOf: 'wss://api.example.com/ws' });
  },
});

onRunningServer(
  'a server that runs already is published to, behind a network',
  async ({ watch, publish, network, server, running }) => {
    const page = await watch();
    await expect(page).toBeLive();
    expect((await server.status()).total_connections).toBe(1);
    network.cut();
    const missed = await publish.feedbackUpdate(7);
    network.restore();
    await expect(page).toHaveReceivedExactly([missed]);
    await expect(server.kill()).rejects.toThrow('kill needs a server that the test has started');
    expect((await running.server.status()).total_connections).toBe(1);
  },
);

const withOwnTypes = createTest(clinicCatalogue);

withOwnTypes.describe('a type of one’s own', () => {
  withOwnTypes.use({
    serverOptions: { main: new URL('./support/own-catalogue-main.ts', import.meta.url).href },
  });

  withOwnTypes('is published by its method', async ({ publish }) => {
    const { data } = await publish.doseUpdate(7, { before: 2, grams: 4 });
    expect(data).toEqual({ herb: 'Valerian', grams: 4, doubled: true });
  });
});

test('a page that is not observed is no page to ask', async ({ browser }) => {
  const context = await browser.newContext();
  await expect(expect(await context.newPage()).toBeLive()).rejects.toThrow('this page is not observed');
  await context.close();
});

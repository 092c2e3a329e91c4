import type { Publish } from '@vitalwire/testing';
import type { ClinicPage } from './support/clinic-page.ts';
import { expect, several, test } from './support/test.ts';

const DIAGNOSIS = 101;
const PATIENT = `#/patient/${DIAGNOSIS}`;

/** A patient's page that is live and has received one publication. */
async function watch(publish: Publish, openAs: (person: string, path: string) => Promise<ClinicPage>) {
  const patient = await openAs('amara', PATIENT);
  await expect(patient.page).toBeLive();
  const before = await publish.feedbackUpdate(DIAGNOSIS);
  await expect(patient.page).toHaveReceivedExactly([before]);
  return { patient, page: patient.page, before };
}

test.describe('a browser that was cut off', () => {
  test('receives exactly what was published meanwhile, in order, marked as recovered', async ({
    network,
    publish,
    openAs,
  }) => {
    const { patient, page, before } = await watch(publish, openAs);
    network.cut();
    await expect(page).not.toBeLive();
    const missed = await several(3, () => publish.feedbackUpdate(DIAGNOSIS));
    network.restore();
    await expect(page).toHaveReceivedExactly([before, ...missed]);
    await expect(page).toHaveRecovered({ count: 3 });
    await expect(page.getByTestId('recovered-count')).toHaveText('3');
    await expect(page).toBeLive();
    const after = await publish.feedbackUpdate(DIAGNOSIS);
    await expect(page).toHaveReceivedExactly([before, ...missed, after]);
    // The page says so to its reader as well.
    expect(await patient.arrivals(DIAGNOSIS)).toMatchObject(
      [before, ...missed, after].map((one) => ({ offset: one.offset, recovered: missed.includes(one) })),
    );
  });

  test('goes on where it was after a reload', async ({ server, publish, openAs }) => {
    const { page, before } = await watch(publish, openAs);
    await page.goto('about:blank');
    const missed = await several(3, () => publish.feedbackUpdate(DIAGNOSIS));
    await page.goto(`${server.url}/${PATIENT}`);
    await expect(page).toHaveReceivedExactly([before, ...missed]);
    await expect(page).toHaveRecovered({ count: 3 });
    await page.reload();
    await expect(page).toBeLive();
    const after = await publish.feedbackUpdate(DIAGNOSIS);
    await expect(page).toHaveReceivedExactly([before, ...missed, after]);
  });

  test('finds out that the other end is gone without a word', async ({ network, publish, openAs }) => {
    test.setTimeout(120_000);
    const { page, before } = await watch(publish, openAs);
    network.halfOpen();
    const missed = await several(3, () => publish.feedbackUpdate(DIAGNOSIS));
    // Nothing tells the browser: only its own heartbeat can find out, within 25 s and 10 s.
    await expect(page).not.toBeLive({ timeout: 50_000 });
    network.restore();
    await expect(page).toHaveReceivedExactly([before, ...missed]);
    await expect(page).toHaveRecovered({ count: 3 });
  });
});

test.describe('a browser that was away for longer than the retention', () => {
  test.use({ clinicOptions: { retention: 5 } });

  test('is shown a gap, and receives everything that is left', async ({ network, publish, openAs }) => {
    const { patient, page, before } = await watch(publish, openAs);
    network.cut();
    await expect(page).not.toBeLive();
    const missed = await several(8, () => publish.feedbackUpdate(DIAGNOSIS));
    await expect(patient.gap).toHaveCount(0);
    network.restore();
    await expect(page).toHaveGap({ reason: 'retention' });
    await expect(patient.gap).toHaveAttribute('data-reason', 'retention');
    await expect(page).toHaveReceivedExactly([before, ...missed.slice(-5)]);
  });

  test('shows the whole state again, each part of it once', async ({ openAs }) => {
    const { page } = await openAs('ines');
    await expect(page).toBeLive();
    const measurements = page.getByTestId(`chart-${DIAGNOSIS}`).locator('tbody tr');
    const before = await measurements.count();
    const simulate = async () => {
      const answered = page.waitForResponse('**/simulate');
      await page.getByTestId('button-simulate').click();
      await answered;
    };
    await page.getByTestId('button-hold').click();
    await several(3, simulate);
    await expect(measurements).toHaveCount(before);
    await page.getByTestId('button-restore').click();
    await expect(page).toHaveGap({ diagnosisId: DIAGNOSIS, reason: 'retention' });
    await expect(measurements).toHaveCount(before + 3);
    await simulate();
    await expect(measurements).toHaveCount(before + 4);
    await page.reload();
    await expect(page).toBeLive();
    await expect(measurements).toHaveCount(before + 4);
  });
});

test.describe('a server that was killed', () => {
  test('goes on from its data: nothing is lost and nothing comes twice', async ({
    network,
    server,
    publish,
    openAs,
  }) => {
    const { patient, page, before } = await watch(publish, openAs);
    network.cut();
    const missed = await several(3, () => publish.feedbackUpdate(DIAGNOSIS));
    await server.kill();
    await server.restart();
    network.restore();
    await expect(page).toHaveReceivedExactly([before, ...missed]);
    await expect(page).toBeLive();
    const after = await publish.feedbackUpdate(DIAGNOSIS);
    expect(after.offset).toBe((missed.at(-1)?.offset ?? 0) + 1);
    await expect(page).toHaveReceivedExactly([before, ...missed, after]);
    await expect(page).not.toHaveGap();
    await expect(patient.gap).toHaveCount(0);
  });
});

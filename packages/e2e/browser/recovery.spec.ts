import type { Clinic } from './support/clinic.ts';
import { type ClinicPage, live, recovered } from './support/clinic-page.ts';
import { expect, test } from './support/test.ts';

const DIAGNOSIS = 101;
const PATIENT = `#/patient/${DIAGNOSIS}`;

/** A patient's page that is live and has received one publication. */
async function watch(clinic: Clinic, openAs: (person: string, path: string) => Promise<ClinicPage>) {
  const patient = await openAs('amara', PATIENT);
  await patient.untilLive(DIAGNOSIS);
  const before = await clinic.publish(DIAGNOSIS);
  await patient.expectArrivals(DIAGNOSIS, live(before));
  return { patient, before };
}

/** Cuts every connection and lets none through. */
function cut({ proxy }: Clinic): void {
  proxy.refuse();
  proxy.destroy();
}

test.describe('a browser that was cut off', () => {
  test('receives exactly what was published meanwhile, in order, marked as recovered', async ({
    clinic,
    openAs,
  }) => {
    const { patient, before } = await watch(clinic, openAs);
    cut(clinic);
    await patient.untilAway(DIAGNOSIS);
    const missed = await clinic.publishMany(DIAGNOSIS, 3);
    clinic.proxy.pass();
    await patient.expectArrivals(DIAGNOSIS, [...live(before), ...recovered(...missed)]);
    await expect(patient.page.getByTestId('recovered-count')).toHaveText('3');
    await patient.untilLive(DIAGNOSIS);
    const after = await clinic.publish(DIAGNOSIS);
    await patient.expectArrivals(DIAGNOSIS, [...live(before), ...recovered(...missed), ...live(after)]);
  });

  test('goes on where it was after a reload', async ({ clinic, openAs }) => {
    const { patient } = await watch(clinic, openAs);
    await patient.page.goto('about:blank');
    const missed = await clinic.publishMany(DIAGNOSIS, 3);
    await patient.page.goto(`${clinic.url}/${PATIENT}`);
    await patient.expectArrivals(DIAGNOSIS, recovered(...missed));
    await patient.page.reload();
    await patient.untilLive(DIAGNOSIS);
    const after = await clinic.publish(DIAGNOSIS);
    await patient.expectArrivals(DIAGNOSIS, live(after));
  });

  test('finds out that the other end is gone without a word', async ({ clinic, openAs }) => {
    test.setTimeout(120_000);
    const { patient, before } = await watch(clinic, openAs);
    clinic.proxy.blackhole();
    const missed = await clinic.publishMany(DIAGNOSIS, 3);
    // Nothing tells the browser: only its own heartbeat can find out, within 25 s and 10 s.
    await patient.untilAway(DIAGNOSIS, 50_000);
    clinic.proxy.pass();
    // A network that is back answers for connections that it forgot.
    clinic.proxy.destroy();
    await patient.expectArrivals(DIAGNOSIS, [...live(before), ...recovered(...missed)]);
  });
});

test.describe('a browser that was away for longer than the retention', () => {
  test.use({ clinicOptions: { retention: 5 } });

  test('is shown a gap, and receives everything that is left', async ({ clinic, openAs }) => {
    const { patient, before } = await watch(clinic, openAs);
    cut(clinic);
    await patient.untilAway(DIAGNOSIS);
    const missed = await clinic.publishMany(DIAGNOSIS, 8);
    await expect(patient.gap).toHaveCount(0);
    clinic.proxy.pass();
    await expect(patient.gap).toHaveAttribute('data-reason', 'retention', { timeout: 25_000 });
    await patient.expectArrivals(DIAGNOSIS, [...live(before), ...recovered(...missed.slice(-5))]);
  });
});

test.describe('a server that was killed', () => {
  test('goes on from its data: nothing is lost and nothing comes twice', async ({ clinic, openAs }) => {
    const { patient, before } = await watch(clinic, openAs);
    cut(clinic);
    const missed = await clinic.publishMany(DIAGNOSIS, 3);
    await clinic.kill();
    await clinic.restart();
    clinic.proxy.pass();
    await patient.expectArrivals(DIAGNOSIS, [...live(before), ...recovered(...missed)]);
    await patient.untilLive(DIAGNOSIS);
    const after = await clinic.publish(DIAGNOSIS);
    expect(after).toBe((missed.at(-1) ?? 0) + 1);
    await patient.expectArrivals(DIAGNOSIS, [...live(before), ...recovered(...missed), ...live(after)]);
    await expect(patient.gap).toHaveCount(0);
  });
});

import { expect, test } from './support/test.ts';

const DIAGNOSIS = 101;
const PATIENT = `#/patient/${DIAGNOSIS}`;

test.describe('a browser that was cut off', () => {
  test('receives exactly what was published meanwhile, in order, marked as recovered', async ({
    clinic,
    openAs,
  }) => {
    const patient = await openAs('amara', PATIENT);
    const clinician = await openAs('ines');
    await patient.untilLive();
    await clinician.untilLive();
    const before = await clinic.publish(DIAGNOSIS);
    await patient.expectReceived([before], false);
    clinic.proxy.refuse();
    clinic.proxy.destroy();
    await expect(patient.state).not.toHaveAttribute('data-state', 'live');
    const missed = await clinic.publishMany(DIAGNOSIS, 3);
    clinic.proxy.pass();
    await patient.expectReceived(missed, true);
    await patient.untilLive();
    await expect(patient.page.getByTestId('recovered-count')).toHaveText(/\b3\b/);
    const after = await clinic.publish(DIAGNOSIS);
    await expect(async () => {
      const received = await patient.received();
      expect(received.slice(-5).map(({ offset }) => offset)).toEqual([before, ...missed, after]);
      expect(received.at(-1)?.recovered).toBe(false);
    }).toPass();
  });

  test('goes on where it was after the page was reloaded', async ({ clinic, openAs }) => {
    const patient = await openAs('amara', PATIENT);
    await patient.untilLive();
    const before = await clinic.publish(DIAGNOSIS);
    await patient.expectReceived([before], false);
    await patient.page.goto('about:blank');
    const missed = await clinic.publishMany(DIAGNOSIS, 3);
    await patient.page.goto(`${clinic.url}/${PATIENT}`);
    await patient.untilLive();
    await patient.expectReceived(missed, true);
    expect((await patient.received()).map(({ offset }) => offset)).toEqual(missed);
    await patient.page.reload();
    await patient.untilLive();
    const after = await clinic.publish(DIAGNOSIS);
    await patient.expectReceived([after], false);
    expect(await patient.received()).toHaveLength(1);
  });

  test('notices that the other end is gone without a word, and goes on', async ({ clinic, openAs }) => {
    test.setTimeout(90_000);
    const patient = await openAs('amara', PATIENT);
    await patient.untilLive();
    const before = await clinic.publish(DIAGNOSIS);
    await patient.expectReceived([before], false);
    clinic.proxy.blackhole();
    const missed = await clinic.publishMany(DIAGNOSIS, 3);
    // Nothing tells the browser: only its own heartbeat can find out.
    await expect(patient.state).not.toHaveAttribute('data-state', 'live', { timeout: 50_000 });
    clinic.proxy.pass();
    await patient.expectReceived(missed, true);
  });
});

test.describe('a browser that was away for longer than the retention', () => {
  test.use({ clinicOptions: { retention: 5 } });

  test('is shown a gap, and everything that is left', async ({ clinic, openAs }) => {
    const patient = await openAs('amara', PATIENT);
    await patient.untilLive();
    const before = await clinic.publish(DIAGNOSIS);
    await patient.expectReceived([before], false);
    clinic.proxy.refuse();
    clinic.proxy.destroy();
    await expect(patient.state).not.toHaveAttribute('data-state', 'live');
    const missed = await clinic.publishMany(DIAGNOSIS, 8);
    clinic.proxy.pass();
    await expect(patient.gap.first()).toBeVisible({ timeout: 20_000 });
    await expect(patient.gap.first()).toHaveAttribute('data-reason', 'retention');
    await patient.expectReceived(missed.slice(-5), true);
    expect((await patient.received()).map(({ offset }) => offset)).toEqual([before, ...missed.slice(-5)]);
  });
});

test.describe('a server that was killed', () => {
  test('goes on from its data: nothing is lost and nothing comes twice', async ({ clinic, openAs }) => {
    const patient = await openAs('amara', PATIENT);
    await patient.untilLive();
    const before = await clinic.publish(DIAGNOSIS);
    await patient.expectReceived([before], false);
    clinic.proxy.refuse();
    clinic.proxy.destroy();
    const missed = await clinic.publishMany(DIAGNOSIS, 3);
    await clinic.kill();
    await clinic.restart();
    clinic.proxy.pass();
    await patient.expectReceived(missed, true);
    await patient.untilLive();
    expect(await clinic.publish(DIAGNOSIS)).toBe((missed.at(-1) ?? 0) + 1);
    await expect(patient.gap).toHaveCount(0);
  });
});

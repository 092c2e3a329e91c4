import { live } from './support/clinic-page.ts';
import { expect, test } from './support/test.ts';

const DIAGNOSIS = 101;
const PATIENT = `#/patient/${DIAGNOSIS}`;

test.describe('an update', () => {
  test('reaches two browsers', async ({ clinic, openAs }) => {
    const patient = await openAs('amara', PATIENT);
    const clinician = await openAs('ines');
    await patient.untilLive(DIAGNOSIS);
    await clinician.untilLive(DIAGNOSIS);
    const offset = await clinic.publish(DIAGNOSIS);
    await patient.expectArrivals(DIAGNOSIS, live(offset));
    await clinician.expectArrivals(DIAGNOSIS, live(offset));
  });

  test('follows from the feedback that a patient gives', async ({ openAs }) => {
    const clinician = await openAs('ines');
    const patient = await openAs('amara', PATIENT);
    await clinician.untilLive(DIAGNOSIS);
    await patient.untilLive(DIAGNOSIS);
    const { page } = patient;
    await page.getByTestId('feedback-rating-5').check({ force: true });
    await page.getByTestId('feedback-comment').fill('Slept like a stone');
    await page.getByTestId('feedback-submit').click();
    await expect(clinician.page.getByText('Slept like a stone').first()).toBeVisible();
    for (const { arrivals } of [clinician, patient].map((one) => ({
      arrivals: () => one.arrivals(DIAGNOSIS),
    }))) {
      await expect(async () => {
        const types = (await arrivals()).map(({ type }) => type);
        expect(types.slice(0, 2)).toEqual(['feedback_update', 'effectiveness_update']);
      }).toPass();
    }
  });

  test('changes the recommendation when the effectiveness falls', async ({ openAs }) => {
    const clinician = await openAs('ines');
    const patient = await openAs('amara', PATIENT);
    await clinician.untilLive(DIAGNOSIS);
    await patient.untilLive(DIAGNOSIS);
    const { page } = patient;
    const changed = page.getByTestId('recommendation-change');
    await expect(async () => {
      await page.getByTestId('feedback-rating-1').check({ force: true });
      await page.getByTestId('feedback-effect').fill('0');
      await page.getByTestId('feedback-submit').click();
      await expect(page.getByTestId('feedback-outcome')).toContainText('Thank you');
      const types = (await clinician.arrivals(DIAGNOSIS)).map(({ type }) => type);
      expect(types).toContain('recommendation_update');
    }).toPass();
    await expect(changed.first()).toBeVisible();
    await expect(page.getByTestId('recommendation').locator('ins').first()).toBeVisible();
  });

  test('does not reach a stranger, who is told so', async ({ clinic, openAs }) => {
    const stranger = await openAs('stranger', PATIENT);
    await expect(stranger.page.getByTestId('access-denied').first()).toBeVisible();
    const patient = await openAs('amara', PATIENT);
    await patient.untilLive(DIAGNOSIS);
    const offset = await clinic.publish(DIAGNOSIS);
    await patient.expectArrivals(DIAGNOSIS, live(offset));
    expect(await stranger.page.getByTestId('arrival').count()).toBe(0);
  });
});

test.describe('the connection panel', () => {
  test('holds the connection, lets things happen, and shows what was queued', async ({ clinic, openAs }) => {
    const clinician = await openAs('ines');
    await clinician.untilLive(DIAGNOSIS);
    const { page } = clinician;
    await page.getByTestId('button-hold').click();
    await expect(clinician.subscription(DIAGNOSIS)).toHaveAttribute('data-state', 'disconnected');
    const missed = await clinic.publishMany(DIAGNOSIS, 3);
    expect(await clinician.arrivals(DIAGNOSIS)).toEqual([]);
    await page.getByTestId('button-restore').click();
    await expect(page.getByTestId('recovered-count')).toHaveText('3');
    expect((await clinician.arrivals(DIAGNOSIS)).map(({ offset }) => offset)).toEqual(missed);
  });

  test('cuts the connection, which comes back by itself', async ({ clinic, openAs }) => {
    const clinician = await openAs('ines');
    await clinician.untilLive(DIAGNOSIS);
    const connections = clinic.proxy.attempts;
    await clinician.page.getByTestId('button-cut').click();
    await expect(async () => expect(clinic.proxy.attempts).toBeGreaterThan(connections)).toPass();
    await clinician.untilLive(DIAGNOSIS);
    const offset = await clinic.publish(DIAGNOSIS);
    await expect(async () => {
      expect((await clinician.arrivals(DIAGNOSIS)).map((arrival) => arrival.offset)).toEqual([offset]);
    }).toPass();
  });
});

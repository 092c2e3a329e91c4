import { expect, several, test } from './support/test.ts';

const DIAGNOSIS = 101;
const PATIENT = `#/patient/${DIAGNOSIS}`;

test.describe('an update', () => {
  test('reaches two browsers', async ({ publish, openAs }) => {
    const patient = await openAs('amara', PATIENT);
    const clinician = await openAs('ines');
    for (const { page } of [patient, clinician]) await expect(page).toBeLive();
    const published = await publish.feedbackUpdate(DIAGNOSIS);
    for (const { page } of [patient, clinician]) await expect(page).toHaveReceivedExactly([published]);
    const shown = { offset: published.offset, recovered: false };
    for (const one of [patient, clinician]) expect(await one.arrivals(DIAGNOSIS)).toMatchObject([shown]);
  });

  test('follows from the feedback that a patient gives', async ({ openAs }) => {
    const clinician = await openAs('ines');
    const patient = await openAs('amara', PATIENT);
    for (const one of [clinician, patient]) await expect(one.page).toBeLive();
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
    for (const one of [clinician, patient]) await expect(one.page).toBeLive();
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

  test('does not reach a stranger, who is told so', async ({ publish, openAs }) => {
    const stranger = await openAs('stranger', PATIENT);
    await expect(stranger.page.getByTestId('access-denied').first()).toBeVisible();
    const patient = await openAs('amara', PATIENT);
    await expect(patient.page).toBeLive();
    const published = await publish.feedbackUpdate(DIAGNOSIS);
    await expect(patient.page).toHaveReceivedExactly([published]);
    await expect(stranger.page).toHaveReceivedExactly([]);
    expect(await stranger.page.getByTestId('arrival').count()).toBe(0);
  });
});

test.describe('the connection panel', () => {
  test('holds the connection, lets things happen, and shows what was queued', async ({ publish, openAs }) => {
    const clinician = await openAs('ines');
    const { page } = clinician;
    await expect(page).toBeLive();
    await page.getByTestId('button-hold').click();
    await expect(clinician.subscription(DIAGNOSIS)).toHaveAttribute('data-state', 'disconnected');
    const missed = await several(3, () => publish.feedbackUpdate(DIAGNOSIS));
    await expect(page).toHaveReceivedExactly([]);
    await page.getByTestId('button-restore').click();
    await expect(page.getByTestId('recovered-count')).toHaveText('3');
    await expect(page).toHaveRecovered({ diagnosisId: DIAGNOSIS, count: 3 });
    await expect(page).toHaveReceivedExactly(missed);
  });

  test('cuts the connection, which comes back by itself', async ({ network, publish, openAs }) => {
    const { page } = await openAs('ines');
    await expect(page).toBeLive();
    const { attempts } = network;
    await page.getByTestId('button-cut').click();
    await expect.poll(() => network.attempts).toBeGreaterThan(attempts);
    await expect(page).toBeLive();
    await expect(page).toHaveReceivedExactly([await publish.feedbackUpdate(DIAGNOSIS)]);
  });
});

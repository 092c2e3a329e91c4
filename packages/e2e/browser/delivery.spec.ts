import { expect, test } from './support/test.ts';

const DIAGNOSIS = 101;
const PATIENT = `#/patient/${DIAGNOSIS}`;

test.describe('an update', () => {
  test('reaches two browsers', async ({ clinic, openAs }) => {
    const patient = await openAs('amara', PATIENT);
    const clinician = await openAs('ines');
    await patient.untilLive();
    await clinician.untilLive();
    const offset = await clinic.publish(DIAGNOSIS);
    await patient.expectReceived([offset], false);
    await clinician.expectReceived([offset], false);
  });

  test('is shown to the clinician when the patient gives feedback', async ({ openAs }) => {
    const clinician = await openAs('ines');
    await clinician.untilLive();
    const patient = await openAs('amara', PATIENT);
    await patient.untilLive();
    const form = patient.page.getByTestId('feedback-form');
    await form.getByRole('radio', { name: /5/ }).check({ force: true });
    await form.getByRole('textbox').fill('Slept like a stone');
    await form.getByRole('button').click();
    await expect(clinician.page.getByText('Slept like a stone')).toBeVisible();
    await expect(async () => {
      const types = (await clinician.received()).map(({ type }) => type);
      expect(types).toEqual(expect.arrayContaining(['feedback_update', 'effectiveness_update']));
    }).toPass();
  });

  test('does not reach a stranger, who is told so', async ({ clinic, openAs }) => {
    const stranger = await openAs('stranger', PATIENT);
    await expect(stranger.page.getByTestId('access-denied').first()).toBeVisible();
    await clinic.publish(DIAGNOSIS);
    const patient = await openAs('amara', PATIENT);
    await patient.untilLive();
    expect(await stranger.received()).toEqual([]);
  });
});

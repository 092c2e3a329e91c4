import { expect, test } from './support/test.ts';

const DIAGNOSIS = 101;

test.describe('a token that expires', () => {
  test.use({ clinicOptions: { tokenSeconds: 6 } });

  test('is replaced by a fresh one without losing a message', async ({ clinic, openAs }) => {
    test.setTimeout(60_000);
    const patient = await openAs('amara', `#/patient/${DIAGNOSIS}`);
    await patient.untilLive(DIAGNOSIS);
    const published: number[] = [];
    // Longer than two lifetimes, with the five seconds that a server tolerates.
    const end = Date.now() + 18_000;
    while (Date.now() < end) {
      published.push(await clinic.publish(DIAGNOSIS));
      await patient.page.waitForTimeout(300);
    }
    await expect(async () => {
      expect((await patient.arrivals(DIAGNOSIS)).map(({ offset }) => offset)).toEqual(published);
    }).toPass();
    await patient.untilLive(DIAGNOSIS);
  });
});

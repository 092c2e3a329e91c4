import { test as base, expect } from '@playwright/test';
import { Clinic, type ClinicOptions } from './clinic.ts';
import { ClinicPage } from './clinic-page.ts';

interface Fixtures {
  clinicOptions: ClinicOptions;
  /** A clinic of this test's own. */
  clinic: Clinic;
  /** Opens a page of the clinic in a browser context of its own, logged in as a person. */
  openAs: (person: string, path?: string) => Promise<ClinicPage>;
}

export const test = base.extend<Fixtures>({
  clinicOptions: [{}, { option: true }],
  clinic: async ({ clinicOptions }, use) => {
    const clinic = await Clinic.start(clinicOptions);
    await use(clinic);
    await clinic.stop();
  },
  openAs: async ({ browser, clinic }, use, testInfo) => {
    const failures: string[] = [];
    await use(async (person, path = '') => {
      const context = await browser.newContext();
      const page = await context.newPage();
      page.on('pageerror', (error) => failures.push(String(error)));
      return ClinicPage.logIn(page, clinic.url, person, path);
    });
    for (const context of browser.contexts()) await context.close();
    // A page that threw is broken, whatever the test looked at.
    if (testInfo.status === testInfo.expectedStatus) expect(failures).toEqual([]);
  },
});

export { expect };

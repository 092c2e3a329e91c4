import { test as base, expect as baseExpect } from '@vitalwire/testing/playwright';
import { type ClinicOptions, clinicServer } from './clinic.ts';
import { ClinicPage } from './clinic-page.ts';

interface Fixtures {
  clinicOptions: ClinicOptions;
  /** Opens a page of the clinic in a browser context of its own, logged in as a person. */
  openAs: (person: string, path?: string) => Promise<ClinicPage>;
}

/** A `test` whose server is the demo. */
export const test = base.extend<Fixtures>({
  clinicOptions: [{}, { option: true }],
  serverOptions: async ({ clinicOptions }, use) => {
    await use(clinicServer(clinicOptions));
  },
  openAs: async ({ newPage, server }, use, testInfo) => {
    const failures: string[] = [];
    await use(async (person, path = '') => {
      const page = await newPage();
      page.on('pageerror', (error) => failures.push(String(error)));
      return ClinicPage.logIn(page, server.url, person, path);
    });
    // A page that threw is broken, whatever the test looked at.
    if (testInfo.status === testInfo.expectedStatus) expect(failures).toEqual([]);
  },
});

/** A client whose attempts failed for a while waits up to 20 s for its next one. */
export const expect = baseExpect.configure({ timeout: 25_000 });

/** Does something several times, one after another. */
export async function several<T>(count: number, action: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  while (results.length < count) results.push(await action());
  return results;
}

import type { Locator, Page } from '@playwright/test';
import { expect } from '@vitalwire/testing/playwright';

/** What a test sees of a page of the clinic. What its handlers were given, the page's history tells. */
export class ClinicPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  static async logIn(page: Page, url: string, person: string, path: string): Promise<ClinicPage> {
    await page.goto(url);
    await page.getByTestId(`login-${person}`).click();
    await expect(page.getByTestId('logout')).toBeVisible();
    if (path !== '') await page.goto(`${url}/${path}`);
    return new ClinicPage(page);
  }

  /** The state of a diagnosis's subscription is its attribute `data-state`. */
  subscription(diagnosisId: number): Locator {
    return this.page.getByTestId(`subscription-${diagnosisId}`);
  }

  get gap(): Locator {
    return this.page.getByTestId('gap');
  }

  /** The publications that the page lists, the oldest first. */
  async arrivals(diagnosisId: number): Promise<Arrival[]> {
    const newestFirst = await this.page
      .locator(`[data-testid="arrival"][data-diagnosis="${diagnosisId}"]`)
      .evaluateAll((elements) =>
        elements.map(({ dataset }) => ({
          offset: Number(dataset['offset']),
          recovered: dataset['recovered'] === 'true',
          type: dataset['type'] ?? '',
        })),
      );
    return newestFirst.reverse();
  }
}

/** A publication in the page's list. */
interface Arrival {
  offset: number;
  recovered: boolean;
  type: string;
}

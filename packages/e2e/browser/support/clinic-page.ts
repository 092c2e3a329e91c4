import { expect, type Locator, type Page } from '@playwright/test';

/** What a test sees of a page of the clinic. */
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

  async untilLive(diagnosisId: number): Promise<void> {
    await expect(this.subscription(diagnosisId)).toHaveAttribute('data-state', 'live', { timeout: 20_000 });
  }

  /** Waits until the page has noticed that it is cut off. */
  async untilAway(diagnosisId: number, timeout = 10_000): Promise<void> {
    await expect(this.subscription(diagnosisId)).toHaveAttribute('data-state', /connecting|waiting/, {
      timeout,
    });
  }

  /** The publications that arrived since the page was opened, the oldest first. */
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

  /** Waits until exactly these publications have arrived since the page was opened, in this order. */
  async expectArrivals(
    diagnosisId: number,
    expected: readonly Pick<Arrival, 'offset' | 'recovered'>[],
  ): Promise<void> {
    await expect(async () => {
      const arrivals = await this.arrivals(diagnosisId);
      expect(arrivals.map(({ offset, recovered }) => ({ offset, recovered }))).toEqual(expected);
    }).toPass({ timeout: 25_000 });
  }
}

/** A publication in the page's list. */
export interface Arrival {
  offset: number;
  recovered: boolean;
  type: string;
}

/** What a page shows of publications that were pushed to it. */
export function live(...offsets: number[]) {
  return offsets.map((offset) => ({ offset, recovered: false }));
}

/** What a page shows of publications that were queued for it. */
export function recovered(...offsets: number[]) {
  return offsets.map((offset) => ({ offset, recovered: true }));
}

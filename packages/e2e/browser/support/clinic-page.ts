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
    if (path !== '') await page.goto(`${url}/${path}`);
    return new ClinicPage(page);
  }

  get state(): Locator {
    return this.page.getByTestId('connection-state');
  }

  get gap(): Locator {
    return this.page.getByTestId('gap');
  }

  async untilLive(): Promise<void> {
    await expect(this.state).toHaveAttribute('data-state', 'live', { timeout: 15_000 });
  }

  /** The publications that arrived, the oldest first. */
  async received(): Promise<{ offset: number; recovered: boolean; type: string }[]> {
    const items = await this.page.locator('[data-testid="received"] [data-offset]').evaluateAll((elements) =>
      elements.map((element) => ({
        offset: Number(element.getAttribute('data-offset')),
        recovered: element.getAttribute('data-recovered') === 'true',
        type: element.getAttribute('data-type') ?? '',
      })),
    );
    return items;
  }

  /** Waits until exactly these publications have arrived since the page was opened. */
  async expectReceived(offsets: readonly number[], recovered: boolean): Promise<void> {
    await expect(async () => {
      const received = (await this.received()).filter(({ offset }) => offset >= (offsets[0] ?? 0));
      expect(received.map(({ offset }) => offset)).toEqual(offsets);
      expect(received.every((publication) => publication.recovered === recovered)).toBe(true);
    }).toPass({ timeout: 20_000 });
  }
}

import { within } from '@vitalwire/testing';
import { publish } from './http.ts';
import { feedback } from './publications.ts';

/**
 * A backend that publishes feedback 1, 2, 3 … to one diagnosis, whatever happens to the server: what was not answered is
 * sent again with the same key. So every number is published once, in order.
 */
export class HttpPublisher implements AsyncDisposable {
  readonly #url: () => string;
  readonly #diagnosisId: number;
  readonly #intervalMs: number;
  readonly #ended: Promise<void>;
  #running = true;
  /** The offset of each answered publication, by its number. */
  readonly offsets = new Map<number, number>();
  /** Requests that had no answer, or were refused for now. */
  retries = 0;

  constructor(url: () => string, diagnosisId: number, intervalMs: number) {
    this.#url = url;
    this.#diagnosisId = diagnosisId;
    this.#intervalMs = intervalMs;
    this.#ended = this.#run();
  }

  /** Stops, and returns the last number, which is published. */
  async stop(): Promise<number> {
    this.#running = false;
    await within(15_000, this.#ended, () => `${this.offsets.size + 1} cannot be published`);
    return this.offsets.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#running = false;
    await this.#ended;
  }

  async #run(): Promise<void> {
    for (let number = 1; this.#running; number++) {
      await this.#publish(number);
      await new Promise((resolve) => setTimeout(resolve, this.#intervalMs));
    }
  }

  async #publish(number: number): Promise<void> {
    const body = { diagnosis_id: this.#diagnosisId, ...feedback(number) };
    const headers = { 'idempotency-key': `feedback ${number}` };
    for (;;) {
      const response = await publish(this.#url(), 'feedback-update', body, { headers }).catch(
        () => undefined,
      );
      if (response?.ok) {
        const { offset } = (await response.json()) as { offset: number };
        this.offsets.set(number, offset);
        return;
      }
      if (response && ![503, 504].includes(response.status))
        throw new Error(`${response.status}: ${await response.text()}`);
      this.retries++;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

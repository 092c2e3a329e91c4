import { bodyOf, diagnosisOf, nowMicros } from '../message.ts';
import { HttpPublisher, type Post } from './http-publisher.ts';
import { NumberAfter } from './number-after.ts';
import type { Population } from './population.ts';
import { tokenOf } from './token.ts';

/** How much is posted at once, and how long. */
export interface PostingPlan {
  readonly connections: number;
  readonly durationMs: number;
  /** So many publications in one body; without it each is posted alone. */
  readonly batch?: number;
}

/** Stands in an answer once for each publication. */
const PUBLISHED = '"status":"broadcasted"';

const MOST_PUBLICATIONS = 1 << 23;

/**
 * Publishes by HTTP, over several connections, to topics that have one subscriber each. Every publication has a number of
 * its own in `sample_size`, and must arrive exactly once.
 */
export class Posting {
  readonly #port: number;
  readonly #population: Population;
  readonly #topics: number;
  readonly #arrived = new Uint8Array(MOST_PUBLICATIONS);
  readonly #number = new NumberAfter('"sample_size":');
  readonly #headers: readonly string[];
  #posted = 0;

  constructor(port: number, population: Population, topics: number) {
    this.#port = port;
    this.#population = population;
    this.#topics = topics;
    const token = tokenOf({ sub: 'backend', scope: 'broadcast' });
    // The handler that only parses does not read it.
    this.#headers = [`Authorization: Bearer ${token}`];
  }

  /** Posts for so long, and waits until everything was answered. Returns the number of publications. */
  async run({ connections, durationMs, batch }: PostingPlan): Promise<number> {
    this.#population.onDelivered = (bytes, start, end) =>
      this.#arrive(this.#number.read(bytes, start, end) ?? 0);
    const end = performance.now() + durationMs;
    const before = this.#posted;
    const post = batch === undefined ? () => this.#single() : () => this.#batch(batch);
    const next = () => (performance.now() < end ? post() : undefined);
    const answered = (status: number, body: string) => {
      const published = body.split(PUBLISHED).length - 1;
      if (status === 200 && published === (batch ?? 1)) return;
      this.#population.note(
        `${published} publications of ${batch ?? 1}, answer ${status}: ${body.slice(0, 200)}`,
      );
    };
    const publishers = Array.from(
      { length: connections },
      () => new HttpPublisher(this.#port, next, answered),
    );
    await Promise.all(publishers.map(({ done }) => done));
    return this.#posted - before;
  }

  #single(): Post {
    return {
      path: '/ws/broadcast-effectiveness-update',
      headers: this.#headers,
      body: JSON.stringify(this.#publication()),
    };
  }

  #batch(size: number): Post {
    const messages = Array.from({ length: size }, () => ({
      type: 'effectiveness_update',
      ...this.#publication(),
    }));
    return { path: '/ws/broadcast-batch', headers: this.#headers, body: JSON.stringify({ messages }) };
  }

  #publication() {
    const number = ++this.#posted;
    this.#population.expect(1);
    return { diagnosis_id: diagnosisOf(number % this.#topics), ...bodyOf(number, nowMicros()) };
  }

  #arrive(number: number): void {
    if (number < 1 || number > this.#posted) this.#population.note(`publication ${number} was never sent`);
    else if (this.#arrived[number] !== 0) this.#population.note(`publication ${number} arrived twice`);
    this.#arrived[number] = 1;
  }
}

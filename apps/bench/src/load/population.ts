import { Connection } from './connection.ts';
import type { Driver } from './driver.ts';
import { NumberAfter } from './number-after.ts';

const KEPT_PROBLEMS = 10;
/** So many connections are begun at the same time, unless all are to come at once. */
const CONNECTING = 200;

/** All subscribers of a server, and what they received together. */
export class Population {
  readonly #port: number;
  readonly #driver: Driver;
  readonly #topics: number;
  readonly #connections: Connection[] = [];
  readonly #problems: string[] = [];
  #problemCount = 0;
  #subscribed = 0;
  #onSubscribed = () => {};
  #onFailed: (problem: Error) => void = () => {};
  /** How many publications are on their way to somebody. */
  #outstanding = 0;
  /** Publications that came since the beginning. */
  received = 0;
  /** Is called when everything that was on its way has arrived. */
  onAllArrived = () => {};
  /** Is called for every publication; its text is valid only during the call. */
  onDelivered: ((bytes: Buffer, start: number, end: number) => void) | undefined;

  constructor(port: number, driver: Driver, topics: number) {
    this.#port = port;
    this.#driver = driver;
    this.#topics = topics;
  }

  get size(): number {
    return this.#connections.length;
  }

  /** What went wrong so far. */
  get problems(): readonly string[] {
    const more = this.#problemCount - this.#problems.length;
    return more > 0 ? [...this.#problems, `and ${more} more`] : this.#problems;
  }

  /** Connects so many more subscribers, spread over the topics; resolves when all are subscribed. */
  async connect(count: number): Promise<void> {
    const wanted = this.#subscribed + count;
    const sequence = new NumberAfter(this.#driver.marker);
    const begin = () => {
      const index = this.size;
      const subscriber = { index, topic: index % this.#topics };
      this.#connections.push(new Connection(this.#port, subscriber, this.#driver, sequence, this.#audience));
    };
    await new Promise<void>((resolve, reject) => {
      this.#onFailed = reject;
      this.#onSubscribed = () => {
        if (this.size < wanted) begin();
        if (this.#subscribed === wanted) resolve();
      };
      for (let index = 0; index < Math.min(count, CONNECTING); index++) begin();
    });
    this.#onFailed = () => {};
  }

  /** Cuts all connections. */
  cut(): void {
    for (const connection of this.#connections) connection.cut();
    this.#connections.length = 0;
    this.#subscribed = 0;
  }

  /** Says that every subscriber is about to receive so many publications. */
  expect(messages: number): void {
    if (this.#outstanding > 0) this.#note(`${this.#outstanding} publications were still on their way`);
    this.#outstanding = messages * this.size;
  }

  /** Says what is still on its way as a problem, since it had time enough. */
  giveUp(): void {
    if (this.#outstanding > 0) this.#note(`${this.#outstanding} publications did not arrive`);
  }

  readonly #audience = {
    subscribed: () => {
      this.#subscribed++;
      this.#onSubscribed();
    },
    delivered: (bytes: Buffer, start: number, end: number) => {
      this.received++;
      this.onDelivered?.(bytes, start, end);
      this.#outstanding--;
      if (this.#outstanding === 0) this.onAllArrived();
      else if (this.#outstanding < 0) this.#note('a publication arrived that nobody sent');
    },
    failed: ({ subscriber }: Connection, problem: string) => {
      this.#note(`subscriber ${subscriber.index}: ${problem}`);
      this.#onFailed(new Error(problem));
    },
  };

  #note(problem: string): void {
    this.#problemCount++;
    if (this.#problems.length < KEPT_PROBLEMS) this.#problems.push(problem);
  }
}

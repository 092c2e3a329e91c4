import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, type Greeting, greetingOf } from './connection.ts';
import type { Driver, Subscriber } from './driver.ts';
import { NumberAfter } from './number-after.ts';

const KEPT_PROBLEMS = 10;

/** So many connections are on their way at the same time. */
const CONNECTING = 200;

/** In a storm it is as many as Linux lets wait to be accepted: more would be told to try again in a second. */
const STORMING = 4_000;

const BEGUN_IN_A_TURN = 50;

/** In this time everything has to arrive. */
const PATIENCE_MS = 30_000;

/** All subscribers of a server, and what they received together. */
export class Population {
  readonly #port: number;
  readonly #driver: Driver;
  readonly #topics: number;
  readonly #sequence: NumberAfter;
  readonly #subscribers: Subscriber[] = [];
  readonly #connections: Connection[] = [];
  readonly #problems: string[] = [];
  #problemCount = 0;
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
    this.#sequence = new NumberAfter(driver.marker);
  }

  /** What went wrong so far. */
  get problems(): readonly string[] {
    const more = this.#problemCount - this.#problems.length;
    return more > 0 ? [...this.#problems, `and ${more} more`] : this.#problems;
  }

  /** Connects so many more subscribers, spread over the topics; resolves when all are subscribed. */
  async connect(count: number): Promise<void> {
    const first = this.#subscribers.length;
    for (let index = first; index < first + count; index++) {
      this.#subscribers.push({
        index,
        topic: index % this.#topics,
        sequence: 0,
        memory: undefined,
        place: undefined,
      });
    }
    await this.#connectAll(this.#introduce(this.#subscribers.slice(first)), CONNECTING);
  }

  /** Cuts all connections. The subscribers remain, and what they remember. */
  cut(): void {
    for (const connection of this.#connections) connection.cut();
    this.#connections.length = 0;
  }

  /** Forgets all subscribers. */
  forget(): void {
    this.cut();
    this.#subscribers.length = 0;
  }

  /**
   * Lets everybody come back at once. Each of them missed so many publications, and must receive them if the protocol
   * resumes. Returns for how long it took until all had everything, in seconds.
   */
  async storm(missed: number): Promise<number> {
    const introduced = this.#introduce(this.#subscribers);
    if (this.#driver.resumes) this.expect(missed * this.#subscribers.length);
    else for (const subscriber of this.#subscribers) subscriber.sequence += missed;
    const startedAt = performance.now();
    await this.#connectAll(introduced, STORMING);
    await this.allArrived();
    return (performance.now() - startedAt) / 1_000;
  }

  /** Says that everybody is about to receive so many more publications. */
  expectForAll(messages: number): void {
    this.expect(messages * this.#subscribers.length);
  }

  /** Says that so many more deliveries are about to come. */
  expect(deliveries: number): void {
    this.#outstanding += deliveries;
  }

  /** Waits until everything has arrived that is on its way. What does not come in time is lost. */
  async allArrived(patienceMs = PATIENCE_MS): Promise<void> {
    if (this.#outstanding <= 0) return;
    const before = this.onAllArrived;
    const arrived = new Promise<void>((resolve) => {
      this.onAllArrived = resolve;
    });
    await Promise.race([arrived, sleep(patienceMs, undefined, { ref: false })]);
    this.onAllArrived = before;
    if (this.#outstanding > 0) this.note(`${this.#outstanding} publications did not arrive`);
  }

  #introduce(subscribers: readonly Subscriber[]): [Subscriber, Greeting][] {
    return subscribers.map((subscriber) => [subscriber, greetingOf(this.#driver, subscriber)]);
  }

  async #connectAll(introduced: readonly [Subscriber, Greeting][], atOnce: number): Promise<void> {
    let begun = 0;
    let subscribed = 0;
    /** Begins as many as may be on their way, a few in each turn, so that the first ones need not wait for the last. */
    const begin = () => {
      for (let count = 0; count < BEGUN_IN_A_TURN; count++) {
        const next = introduced[begun];
        if (next === undefined || begun - subscribed >= atOnce) return;
        begun++;
        const [subscriber, greeting] = next;
        this.#connections.push(
          new Connection(this.#port, subscriber, this.#driver, greeting, this.#sequence, this.#audience),
        );
      }
      setImmediate(begin);
    };
    await new Promise<void>((resolve, reject) => {
      this.#onFailed = reject;
      this.#onSubscribed = () => {
        subscribed++;
        if (subscribed === introduced.length) resolve();
        else if (begun - subscribed === atOnce - 1) begin();
      };
      begin();
    });
    this.#onFailed = () => {};
  }

  readonly #audience = {
    subscribed: () => this.#onSubscribed(),
    delivered: (bytes: Buffer, start: number, end: number) => {
      this.received++;
      this.onDelivered?.(bytes, start, end);
      this.#outstanding--;
      if (this.#outstanding === 0) this.onAllArrived();
      else if (this.#outstanding < 0) this.note('a publication arrived that nobody sent');
    },
    failed: ({ subscriber }: Connection, problem: string) => {
      this.note(`subscriber ${subscriber.index}: ${problem}`);
      this.#onFailed(new Error(problem));
    },
  };

  /** Keeps what went wrong; the run will fail of it. */
  note(problem: string): void {
    this.#problemCount++;
    if (this.#problems.length < KEPT_PROBLEMS) this.#problems.push(problem);
  }
}

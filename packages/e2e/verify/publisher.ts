import type { BroadcastAnswer } from '@vitalwire/protocol';
import { digestOf, effectivenessPayload, feedbackPayload, type Recorder } from '@vitalwire/server/verify';
import type { Random } from '../support/random.ts';
import { type Outcome, type Publishable, PublishRequests } from './publish-request.ts';

export interface PublisherOptions {
  readonly name: string;
  /** The topics that it publishes to, each as often as it is listed. */
  readonly topics: readonly number[];
  /** Users to whom publications may be addressed. */
  readonly users: readonly string[];
  /** Publications a second. */
  readonly rate: number;
  /** Where the server is reached. */
  readonly port: number;
  readonly recorder: Recorder;
  readonly random: Random;
}

interface Publication extends Publishable {
  readonly id: string;
  readonly counter: number;
  readonly digest: string;
  attempts: number;
}

/** What a publication may be besides a random one. */
interface Wish {
  readonly padding?: number;
  /** For everybody, and tried until it is acknowledged. */
  readonly certain?: boolean;
}

/** Most requests at once, as of a backend with a bounded pool. */
const MOST_REQUESTS = 16;
/** Most publications without an outcome; what is due beyond that waits. */
const MOST_OPEN = 60;
/** What is due for longer than this is dropped, so that an outage is not followed by a flood. */
const LONGEST_DUE_SECONDS = 5;
/** The wait before a repetition is random, up to this much, which doubles with each attempt. */
const SHORTEST_PAUSE_MS = 400;
const LONGEST_PAUSE_MS = 4_000;
const LARGE = 0.01;
const LARGEST_PADDING = 55_000;
const ADDRESSED = 0.05;
/** Chance of one body with so many, instead of one publication. */
const TOGETHER = 0.02;
const MOST_TOGETHER = 40;
/** Part of the publications without a key, which are tried once. */
const KEYLESS = 0.02;
/** Part of those with a key that are not repeated after an unknown outcome. */
const GIVEN_UP = 0.02;

/**
 * A backend that publishes over HTTP at a steady rate, whatever happens to its earlier requests. What was refused for now
 * or not answered is repeated some time later with the same key.
 */
export class Publisher {
  readonly name: string;
  readonly #options: PublisherOptions;
  readonly #counters = new Map<number, number>();
  readonly #open = new Set<Promise<void>>();
  readonly #server: PublishRequests;
  #timer: NodeJS.Timeout | undefined;
  /** Publications that should have begun. */
  #due = 0;
  #ended = false;
  #requests = 0;
  /** Attempts that wait for a request to end. */
  readonly #waiting: (() => void)[] = [];
  /** Whether every other publication is sent twice at once. */
  sendsTwice = false;
  /** Answers to both of two requests with the same key. */
  twiceAnswered = 0;
  /** Answers that no server of ours gives to a valid request. */
  readonly oddities: string[] = [];
  /** The longest time from a request to its acknowledgement, in milliseconds. */
  slowestMs = 0;

  constructor(options: PublisherOptions) {
    this.name = options.name;
    this.#options = options;
    this.#server = new PublishRequests(options.port, options.name);
  }

  start(): void {
    const { rate, random } = this.#options;
    this.#timer = setTimeout(
      () => {
        this.#due = Math.min(this.#due + 1, Math.ceil(LONGEST_DUE_SECONDS * rate));
        this.#sendDue();
        this.start();
      },
      (2_000 * random.next()) / rate,
    );
  }

  /** Begins nothing more. Resolves when every publication has its outcome, or was given up. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#due = 0;
    while (this.#open.size > 0) await Promise.all(this.#open);
  }

  /** Gives up what has no outcome yet. Resolves when nothing is under way any more. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.stop();
  }

  /** Requests, and their repetitions, whose outcome is not known yet. */
  get open(): number {
    return this.#open.size;
  }

  /** Publishes one now, and tries it once. */
  attempt(topic: number, padding: number): Promise<Outcome> {
    return this.#attempt(this.#create(topic, { padding }));
  }

  /**
   * Publishes one for everybody, and tries until it is acknowledged.
   *
   * @throws when it is ended before that.
   */
  async insist(topic: number): Promise<BroadcastAnswer> {
    const publication = this.#create(topic, { certain: true });
    for (;;) {
      const outcome = await this.#attempt(publication);
      if (outcome.status === 'acknowledged') return outcome.answer;
      if (this.#ended) throw new Error(`${publication.id} was given up: ${outcome.code}`);
      await this.#pause(publication);
    }
  }

  #create(topic: number, { padding, certain = false }: Wish = {}): Publication {
    const { random, users } = this.#options;
    const counter = (this.#counters.get(topic) ?? 0) + 1;
    this.#counters.set(topic, counter);
    const id = `${this.name}/${topic}/${counter}`;
    const to = !certain && random.chance(ADDRESSED) ? random.pick(users) : undefined;
    const facts = { id, topic, publisher: this.name, counter, ...(to !== undefined && { to }) };
    const pad =
      padding ?? (random.chance(LARGE) ? random.integer(1, LARGEST_PADDING) : random.integer(0, 100));
    const type = random.pick(['feedback_update', 'effectiveness_update'] as const);
    const data = type === 'feedback_update' ? feedbackPayload(facts, pad) : effectivenessPayload(facts, pad);
    const key = !certain && random.chance(KEYLESS) ? undefined : id;
    return { id, topic, counter, type, data, digest: digestOf(data), to, key, attempts: 0 };
  }

  #sendDue(): void {
    const { random, topics } = this.#options;
    while (this.#due > 0 && this.#open.size < MOST_OPEN) {
      const count = random.chance(TOGETHER) ? random.integer(2, MOST_TOGETHER) : 1;
      const publications = Array.from({ length: count }, () => this.#create(random.pick(topics)));
      // Those of a body may be ahead of their time.
      this.#due -= count;
      this.#track(this.#send(publications));
    }
  }

  #track(sending: Promise<void>): void {
    this.#open.add(sending);
    void sending.finally(() => {
      this.#open.delete(sending);
      this.#sendDue();
    });
  }

  async #send(publications: readonly Publication[]): Promise<void> {
    const [only] = publications;
    if (only === undefined) return;
    const twice = this.sendsTwice && only.key !== undefined && only.counter % 2 === 0;
    if (twice && publications.length === 1) return this.#sendBoth(only);
    const outcomes = await this.#attemptTogether(publications);
    // What was sent together is repeated one by one.
    await Promise.all(publications.map((publication, index) => this.#persist(publication, outcomes[index])));
  }

  async #sendBoth(publication: Publication): Promise<void> {
    const outcomes = await Promise.all([this.#attempt(publication), this.#attempt(publication)]);
    const [first, second] = outcomes;
    if (first.status === 'acknowledged' && second.status === 'acknowledged') this.twiceAnswered++;
    await this.#persist(publication, outcomes.find(({ status }) => status === 'acknowledged') ?? first);
  }

  /** Repeats it until it is acknowledged, or given up. */
  async #persist(publication: Publication, latest: Outcome | undefined): Promise<void> {
    const { random } = this.#options;
    for (
      let outcome = latest;
      outcome?.status !== 'acknowledged';
      outcome = await this.#attempt(publication)
    ) {
      if (publication.key === undefined || this.#ended) return;
      if (outcome?.status === 'unknown' && random.chance(GIVEN_UP)) return;
      await this.#pause(publication);
    }
  }

  #pause({ attempts }: Publication): Promise<void> {
    const longest = Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** (attempts - 1));
    const ms = this.#options.random.between(longest / 4, longest);
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  async #attempt(publication: Publication): Promise<Outcome> {
    const [outcome] = await this.#attemptTogether([publication]);
    return outcome as Outcome;
  }

  /** Asks for all in one request. */
  async #attemptTogether(publications: readonly Publication[]): Promise<readonly Outcome[]> {
    await this.#turn();
    const begunAt = performance.now();
    const attempts = publications.map((publication) => this.#begin(publication));
    const [only] = publications;
    const outcomes =
      only !== undefined && publications.length === 1
        ? [await this.#server.publish(only)]
        : await this.#server.publishTogether(publications);
    this.#requests--;
    this.#waiting.shift()?.();
    for (const [index, { id }] of publications.entries()) {
      this.#note(id, attempts[index] ?? 0, outcomes[index] as Outcome, performance.now() - begunAt);
    }
    return outcomes;
  }

  #begin(publication: Publication): number {
    const { id, topic, to, key, counter, digest } = publication;
    const attempt = ++publication.attempts;
    this.#options.recorder.record({
      type: 'publish.begun',
      publisher: this.name,
      user: this.name,
      id,
      topic,
      ...(to !== undefined && { to }),
      ...(key !== undefined && { key }),
      attempt,
      counter,
      digest,
    });
    return attempt;
  }

  #note(id: string, attempt: number, outcome: Outcome, tookMs: number): void {
    const { recorder } = this.#options;
    if (outcome.status === 'acknowledged') {
      const { epoch, offset } = outcome.answer;
      recorder.record({ type: 'publish.acknowledged', id, attempt, position: { epoch, offset } });
      this.slowestMs = Math.max(this.slowestMs, tookMs);
      return;
    }
    const { status, code, odd } = outcome;
    if (odd) this.oddities.push(code);
    if (status === 'failed') recorder.record({ type: 'publish.failed', id, attempt, code });
    else recorder.record({ type: 'publish.unknown', id, attempt, reason: code });
  }

  /** Resolves when there may be one more request. */
  async #turn(): Promise<void> {
    while (this.#requests >= MOST_REQUESTS) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#requests++;
  }
}

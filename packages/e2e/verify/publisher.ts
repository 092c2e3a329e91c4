import { type BroadcastAnswer, broadcastPath, IDEMPOTENCY_HEADER } from '@vitalwire/protocol';
import { digestOf, effectivenessPayload, feedbackPayload, type Recorder } from '@vitalwire/server/verify';
import { tokenOf } from '@vitalwire/testing';
import type { Random } from '../support/random.ts';

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

interface Publication {
  readonly id: string;
  readonly topic: number;
  readonly counter: number;
  readonly type: 'feedback_update' | 'effectiveness_update';
  readonly data: object;
  readonly digest: string;
  readonly to: string | undefined;
  readonly key: string | undefined;
  attempts: number;
}

/** What became of one attempt. */
export type Outcome =
  | { readonly status: 'acknowledged'; readonly answer: BroadcastAnswer }
  | { readonly status: 'failed' | 'unknown'; readonly code: string };

/** What a publication may be besides a random one. */
interface Wish {
  readonly padding?: number;
  /** For everybody, and tried until it is acknowledged. */
  readonly certain?: boolean;
}

const ANSWER_WITHIN_MS = 5_000;
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
  #token: Promise<string> | undefined;
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

  /** Publications whose outcome is not known yet. */
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
    for (; this.#due > 0 && this.#open.size < MOST_OPEN; this.#due--) {
      this.#send(this.#create(random.pick(topics)));
    }
  }

  #send(publication: Publication): void {
    const twice = this.sendsTwice && publication.key !== undefined && publication.counter % 2 === 0;
    const sending = twice ? this.#sendBoth(publication) : this.#persist(publication);
    this.#open.add(sending);
    void sending.finally(() => {
      this.#open.delete(sending);
      this.#sendDue();
    });
  }

  async #persist(publication: Publication): Promise<void> {
    const { random } = this.#options;
    for (;;) {
      const { status } = await this.#attempt(publication);
      if (status === 'acknowledged' || publication.key === undefined || this.#ended) return;
      if (status === 'unknown' && random.chance(GIVEN_UP)) return;
      await this.#pause(publication);
    }
  }

  async #sendBoth(publication: Publication): Promise<void> {
    const outcomes = await Promise.all([this.#attempt(publication), this.#attempt(publication)]);
    const acknowledged = outcomes.filter(({ status }) => status === 'acknowledged').length;
    if (acknowledged === 2) this.twiceAnswered++;
    if (acknowledged === 0) await this.#persist(publication);
  }

  #pause({ attempts }: Publication): Promise<void> {
    const longest = Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** (attempts - 1));
    const ms = this.#options.random.between(longest / 4, longest);
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  async #attempt(publication: Publication): Promise<Outcome> {
    const { recorder } = this.#options;
    const { id, topic, to, key, counter, digest } = publication;
    const attempt = ++publication.attempts;
    const headers = await this.#headers(key);
    await this.#turn();
    const begunAt = performance.now();
    recorder.record({
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
    const outcome = await this.#request(publication, headers);
    this.#requests--;
    this.#waiting.shift()?.();
    if (outcome.status === 'acknowledged') {
      const { epoch, offset } = outcome.answer;
      recorder.record({ type: 'publish.acknowledged', id, attempt, position: { epoch, offset } });
      this.slowestMs = Math.max(this.slowestMs, performance.now() - begunAt);
    } else if (outcome.status === 'failed') {
      recorder.record({ type: 'publish.failed', id, attempt, code: outcome.code });
    } else {
      recorder.record({ type: 'publish.unknown', id, attempt, reason: outcome.code });
    }
    return outcome;
  }

  /** Resolves when there may be one more request. */
  async #turn(): Promise<void> {
    while (this.#requests >= MOST_REQUESTS) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#requests++;
  }

  async #request({ type, topic, data, to }: Publication, headers: Record<string, string>): Promise<Outcome> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.#options.port}${broadcastPath(type)}`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ diagnosis_id: topic, ...data, ...(to !== undefined && { to }) }),
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      const answer = (await response.json()) as BroadcastAnswer & { error?: string };
      if (response.ok) return { status: 'acknowledged', answer };
      const code = answer.error ?? String(response.status);
      if (response.status === 503) return { status: 'failed', code };
      if (response.status !== 504) this.oddities.push(`${response.status} ${JSON.stringify(answer)}`);
      return { status: response.status < 500 ? 'failed' : 'unknown', code };
    } catch (error) {
      return { status: 'unknown', code: reasonOf(error) };
    }
  }

  async #headers(key: string | undefined): Promise<Record<string, string>> {
    this.#token ??= tokenOf({ sub: this.name, scope: 'broadcast', expiresInSeconds: 24 * 3_600 });
    return {
      authorization: `Bearer ${await this.#token}`,
      'content-type': 'application/json',
      ...(key !== undefined && { [IDEMPOTENCY_HEADER]: key }),
    };
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

import {
  broadcastAnswerSchema,
  broadcastPath,
  errorBodySchema,
  IDEMPOTENCY_HEADER,
} from '@vitalwire/protocol';
import type { Outbox, OutboxRow, Outcome } from './outbox.ts';

/** Where and how to publish. */
export interface PublisherOptions {
  readonly outbox: Outbox;
  /** Address of the Vitalwire server, such as `http://127.0.0.1:8000`. */
  readonly server: string;
  /** Gives a token with the scope `broadcast`; asked for each attempt. */
  readonly getToken: () => Promise<string>;
  /** Told about every attempt that failed; `retryMs` is absent when there will be no other. */
  readonly onFailure?: (row: OutboxRow, error: string, retryMs?: number) => void;
}

const REQUEST_TIMEOUT_MS = 10_000;
const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 10_000;

/** An attempt whose outcome is unknown, or that may succeed later. */
class TemporaryFailure extends Error {
  override readonly name = 'TemporaryFailure';
}

/**
 * Publishes the rows of an outbox by HTTP, one after the other in their order, each until it is answered for good.
 * A row that was sent but not marked is sent again with the same key, and so is published once.
 */
export class OutboxPublisher {
  readonly #options: PublisherOptions;
  readonly #stop = new AbortController();
  #wake: () => void = () => {};
  #running: Promise<void> | undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Says that there are new rows. */
  wake(): void {
    this.#wake();
  }

  /** Stops after what is under way was given up; the rows stay for the next start. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { outbox, onFailure } = this.#options;
    while (!this.#stop.signal.aborted) {
      const row = outbox.next();
      if (row === undefined) {
        await this.#sleep();
        continue;
      }
      try {
        const outcome = await send(row, this.#options, this.#stop.signal);
        outbox.settle(row.id, outcome);
        if ('refusal' in outcome) onFailure?.(row, outcome.refusal);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        if (!(error instanceof TemporaryFailure)) throw error;
        outbox.countAttempt(row.id);
        const retryMs = retryDelay(row.attempts);
        onFailure?.(row, error.message, retryMs);
        await this.#sleep(retryMs);
      }
    }
  }

  /** Waits to be woken; while a row is retried, only for the given time, because new rows do not help it. */
  #sleep(ms?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      this.#wake = () => {
        if (ms !== undefined && !this.#stop.signal.aborted) return;
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/**
 * Sends one row and reads the answer.
 *
 * @throws {TemporaryFailure} when the row has to be sent again.
 */
export async function send(
  { key, type, body }: OutboxRow,
  { server, getToken }: Pick<PublisherOptions, 'server' | 'getToken'>,
  stop?: AbortSignal,
): Promise<Outcome> {
  const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  let response: Response;
  let answer: unknown;
  try {
    const token = await getToken();
    response = await fetch(new URL(broadcastPath(type), server), {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        [IDEMPOTENCY_HEADER]: key,
      },
      body,
      signal: stop ? AbortSignal.any([stop, timeout]) : timeout,
    });
    answer = await response.json();
  } catch (error) {
    throw new TemporaryFailure(`no answer: ${reasonOf(error)}`, { cause: error });
  }

  if (response.ok) {
    const accepted = broadcastAnswerSchema.safeParse(answer);
    if (!accepted.success) throw new TemporaryFailure(`answer ${response.status} cannot be read`);
    return { epoch: accepted.data.epoch, offset: accepted.data.offset };
  }
  const told = errorBodySchema.safeParse(answer);
  const reason =
    `${response.status} ${told.success ? `${told.data.error}: ${told.data.message}` : ''}`.trim();
  // 401 and 403 are ours to mend: the configuration is wrong, the row is not.
  const final = response.status < 500 && ![401, 403, 408, 429].includes(response.status);
  if (!final) throw new TemporaryFailure(reason);
  return { refusal: reason };
}

/** Full jitter: anywhere between nothing and a bound that doubles with each attempt. */
export function retryDelay(attempts: number, random: () => number = Math.random): number {
  return Math.round(Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempts) * random());
}

/** The cause says more than fetch's own "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}

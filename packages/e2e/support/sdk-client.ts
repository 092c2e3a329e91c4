import {
  type Client,
  type ClientOptions,
  type Continuity,
  createClient,
  type Gap,
  type SubscriptionState,
} from '@vitalwire/client';
import type { Position } from '@vitalwire/protocol';
import { tokenOf, until } from '@vitalwire/testing';

/** The SDK's client, impatient: what takes seconds for users takes a fraction of that here. */
export function impatientClient(
  port: number,
  sub: string,
  diagnoses: readonly number[],
  options: Partial<ClientOptions> = {},
): Client & Disposable {
  const errors: unknown[] = [];
  const client = createClient({
    url: `ws://127.0.0.1:${port}/ws`,
    getToken: () => tokenOf({ sub, diagnoses }),
    onError: (error) => errors.push(error),
    timeoutMs: 1_000,
    // Long enough for a machine with more to do.
    heartbeat: { intervalMs: 200, timeoutMs: 700 },
    backoff: { baseMs: 20, maxMs: 100 },
    ...options,
  });
  return Object.assign(client, { [Symbol.dispose]: () => client.close() });
}

/** One publication as a handler was given it. */
export interface Handled extends Position {
  readonly number: unknown;
  readonly recovered: boolean;
}

/**
 * What the application of one subscription was given, checked as it comes: each offset follows on the one before, or a
 * gap said how far it jumps; and as many publications are marked as recovered as the recovery announced.
 */
export class Recorder {
  readonly handled: Handled[] = [];
  readonly gaps: Gap[] = [];
  readonly states: SubscriptionState[] = [];
  /** What went against the promise; has to stay empty. */
  readonly faults: string[] = [];
  readonly #client: Client;
  readonly diagnosisId: number;
  #at: Position | undefined;
  #catchingUp: { continuity: Continuity; recovered: number } | undefined;
  readonly subscription: ReturnType<Client['subscribe']>;

  constructor(
    client: Client,
    diagnosisId: number,
    { handlerMs = 0, after }: { handlerMs?: number; after?: 'latest' } = {},
  ) {
    this.#client = client;
    this.diagnosisId = diagnosisId;
    this.subscription = client.subscribe(diagnosisId, {
      onGap: (gap) => this.#gap(gap),
      ...(after !== undefined && { after }),
    });
    this.subscription.on('state', (state) => this.#state(state));
    this.subscription.on('feedback_update', async ({ feedback_id }, { epoch, offset, recovered }) => {
      if (handlerMs > 0) await new Promise((resolve) => setTimeout(resolve, handlerMs));
      this.#take({ number: feedback_id, epoch, offset, recovered });
    });
  }

  get numbers(): unknown[] {
    return this.handled.map(({ number }) => number);
  }

  /** Waits until this publication was handled. */
  async reached(number: number, timeoutMs = 10_000): Promise<void> {
    const there = () => this.handled.at(-1)?.number === number;
    await until(there, () => `${number} was not handled; ${this.#story()}`, timeoutMs);
  }

  /** Waits for a state. */
  async inState(name: SubscriptionState['name'], timeoutMs = 10_000): Promise<void> {
    await until(
      () => this.subscription.state.name === name,
      () => `never ${name}; ${this.#story()}`,
      timeoutMs,
    );
  }

  #take(handled: Handled): void {
    const { epoch, offset } = handled;
    if (this.#at && (epoch !== this.#at.epoch || offset !== this.#at.offset + 1)) {
      this.faults.push(`${epoch}:${offset} after ${this.#at.epoch}:${this.#at.offset}`);
    }
    this.#at = { epoch, offset };
    this.handled.push(handled);
    if (handled.recovered && this.#catchingUp) this.#catchingUp.recovered++;
    // Between two connections the state says so, while handlers still work on what arrived before.
    const { name } = this.subscription.state;
    if ((name === 'live' || name === 'catching_up') && handled.recovered !== (name === 'catching_up')) {
      this.faults.push(`${offset} is marked wrongly`);
    }
  }

  #gap(gap: Gap): void {
    this.gaps.push(gap);
    if (this.#at && (gap.lastSeen.epoch !== this.#at.epoch || gap.lastSeen.offset !== this.#at.offset)) {
      this.faults.push(`the gap begins at ${gap.lastSeen.offset}, not at ${this.#at.offset}`);
    }
    this.#at = gap.from;
  }

  #state(state: SubscriptionState): void {
    this.states.push(state);
    if (state.name === 'live' && this.#catchingUp) {
      const { continuity, recovered } = this.#catchingUp;
      if (recovered !== continuity.count) this.faults.push(`${recovered} recovered of ${continuity.count}`);
    }
    this.#catchingUp =
      state.name === 'catching_up' ? { continuity: state.continuity, recovered: 0 } : undefined;
    if (state.name === 'catching_up' || state.name === 'live') this.#at ??= state.continuity.from;
  }

  #story(): string {
    const last = this.handled.slice(-5).map(({ number, offset }) => `${number}@${offset}`);
    return `${this.handled.length} handled, the last of them ${last.join(' ')}; subscription ${JSON.stringify(this.subscription.state)}, connection ${JSON.stringify(this.#client.state)}, faults ${this.faults.join('; ')}`;
  }
}

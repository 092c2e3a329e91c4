import { type Client, createClient, type Environment } from '@vitalwire/client';
import { tokenOf, until } from '@vitalwire/testing';
import { Recorder } from '../support/sdk-client.ts';

const DIAGNOSIS = 1;
/** The longest way back has a heartbeat of 35 s and some retries in it. */
const BACK_WITHIN_MS = 90_000;

interface Member {
  readonly client: Client;
  readonly recorder: Recorder;
  /** When its connection was lost last, and when its subscription was live last. */
  leftAt: number;
  liveAt: number;
}

/** Clients with the settings that users have, each of a user of its own, and what their handlers were given. */
export class Crowd implements Disposable {
  readonly users: readonly string[];
  readonly #members: readonly Member[];
  readonly #wakes = new Set<() => void>();

  constructor(size: number, port: number) {
    this.users = Array.from({ length: size }, (_, index) => `user-${index + 1}`);
    this.#members = this.users.map((user) => this.#member(user, port));
  }

  /** What went against the promise. */
  get faults(): readonly string[] {
    return this.#members.flatMap(({ recorder }) => [
      ...recorder.faults,
      ...recorder.gaps.map(({ reason }) => `a gap, ${reason}`),
    ]);
  }

  /** The device says that it woke up, or that its network is back. */
  wake(): void {
    for (const wake of this.#wakes) wake();
  }

  /** Waits until everybody has handled this publication and is live. */
  async reached(number: number): Promise<void> {
    await Promise.all(
      this.#members.map(async ({ recorder }) => {
        await recorder.reached(number, BACK_WITHIN_MS);
        await recorder.inState('live', BACK_WITHIN_MS);
      }),
    );
  }

  /** Waits until everybody has lost the connection, for the first time. */
  async left(): Promise<void> {
    await until(
      () => this.#members.every(({ leftAt }) => leftAt > 0),
      () => 'not everybody lost the connection',
    );
  }

  /** How long each took from a time on, or from its own loss. */
  timesSince(time: number | undefined): number[] {
    return this.#members.map(({ liveAt, leftAt }) => Math.max(0, liveAt - (time ?? leftAt)));
  }

  [Symbol.dispose](): void {
    for (const { client } of this.#members) client.close();
  }

  #member(user: string, port: number): Member {
    const environment: Environment = {
      onWake: (listener) => {
        this.#wakes.add(listener);
        return () => this.#wakes.delete(listener);
      },
    };
    const client = createClient({
      url: `ws://127.0.0.1:${port}/ws`,
      getToken: () => tokenOf({ sub: user, diagnoses: [DIAGNOSIS] }),
      // What is reported here shows in what the handlers are given, or in how long it takes.
      onError: () => {},
      environment,
    });
    const recorder = new Recorder(client, DIAGNOSIS);
    const member: Member = { client, recorder, leftAt: 0, liveAt: 0 };
    client.on('state', ({ name }) => {
      if (name === 'waiting') member.leftAt = performance.now();
    });
    recorder.subscription.on('state', ({ name }) => {
      if (name === 'live') member.liveAt = performance.now();
    });
    return member;
  }
}

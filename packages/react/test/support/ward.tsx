import { type Client, type ClientOptions, createClient, type InspectionEvent } from '@vitalwire/client';
import { InProcessServer, type InProcessServerOptions, Network, tokenOf, until } from '@vitalwire/testing';
import type { ReactNode } from 'react';
import { VitalwireProvider } from '../../src/index.ts';

/** A client, and what it told the server. */
export interface WatchedClient {
  readonly client: Client;
  /** The commands that it sent, in order, such as `subscribe 1`. */
  readonly commands: readonly string[];
}

/** A server behind a network, and clients of it: everything real, and impatient. */
export class Ward implements AsyncDisposable {
  readonly server: InProcessServer;
  readonly network: Network;
  /** What clients reported. */
  readonly errors: unknown[] = [];
  readonly #clients: Client[] = [];

  private constructor(server: InProcessServer, network: Network) {
    this.server = server;
    this.network = network;
  }

  static async open(options: InProcessServerOptions = {}): Promise<Ward> {
    const server = await InProcessServer.start(options);
    return new Ward(server, await Network.before(server.url));
  }

  /** Options of a client of a patient with diagnoses 1 and 2. */
  options(more: Partial<ClientOptions> = {}): ClientOptions {
    return {
      url: `${this.network.url.replace('http', 'ws')}/ws`,
      getToken: () => tokenOf({ diagnoses: [1, 2] }),
      onError: (error) => this.errors.push(error),
      timeoutMs: 2_000,
      backoff: { baseMs: 10, maxMs: 50 },
      ...more,
    };
  }

  /** A client of the test's own. */
  client(more: Partial<ClientOptions> = {}): WatchedClient {
    const client = createClient(this.options(more));
    this.#clients.push(client);
    return { client, commands: watch(client) };
  }

  /** A provider with a client of the test's own. */
  provider(more: Partial<ClientOptions> = {}) {
    const watched = this.client(more);
    const wrapper = ({ children }: { children: ReactNode }) => (
      <VitalwireProvider client={watched.client}>{children}</VitalwireProvider>
    );
    return { ...watched, wrapper };
  }

  /** Publishes feedback with these ids, one after another. */
  async publish(diagnosisId: number, ...ids: number[]): Promise<void> {
    for (const id of ids) {
      await this.server.broadcast.feedbackUpdate(diagnosisId, {
        feedback_id: id,
        rating: 4,
        effectiveness: 0.8,
      });
    }
  }

  /** Publishes an effectiveness of so many percent. */
  async measure(diagnosisId: number, percent: number): Promise<void> {
    await this.server.broadcast.effectivenessUpdate(diagnosisId, {
      recommendation_id: 1,
      new_effectiveness: percent / 100,
      confidence: 0.5,
      sample_size: 3,
    });
  }

  /** Waits until so many connections stand. */
  async connected(count: number): Promise<void> {
    await until(
      () => this.network.connections === count,
      () => `${this.network.connections} connections instead of ${count}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.network[Symbol.asyncDispose]();
    await this.server.close();
  }
}

function watch(client: Client): readonly string[] {
  const commands: string[] = [];
  client.inspect((event: InspectionEvent) => {
    if (event.type !== 'frame' || event.direction !== 'out') return;
    const { type, diagnosis_id } = event.frame ?? {};
    commands.push([type, diagnosis_id].filter(Boolean).join(' '));
  });
  return commands;
}

/** The integers from `first` to `last`. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** Lets everything run that is due. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

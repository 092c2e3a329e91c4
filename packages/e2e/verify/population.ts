import { join } from 'node:path';
import type { Position } from '@vitalwire/protocol';
import type { Recorder } from '@vitalwire/server/verify';
import type { TcpProxy } from '@vitalwire/testing';
import type { Random } from '../support/random.ts';
import type { Balancer } from './balancer.ts';
import { ClientSubscriber } from './client-subscriber.ts';
import { OtherClock } from './other-clock.ts';
import { PlainSubscriber } from './plain-subscriber.ts';
import { Publisher } from './publisher.ts';
import type { Subscriber } from './subscriber.ts';
import { User } from './user.ts';

/** Where something is subscribed to and published. */
const TOPICS = Array.from({ length: 12 }, (_, index) => index + 1);
/** It has so much traffic that its log does not reach back far: who is away for long, sees a gap. */
const BUSY = 1;
/** Few subscribe to it, so that much can be published to it at once. */
export const BULK = 12;

const NETWORKS = 8;
const HOUR_MS = 3_600_000;
const CLOCKS = [
  { name: 'phone of tomorrow', shiftMs: HOUR_MS },
  { name: 'phone of yesterday', shiftMs: -HOUR_MS },
];

/** What is open in a browser, where a user has one. */
const TABS = ['tab 1', 'tab 2', 'tab 3'];

export interface PopulationOptions {
  readonly publishers: number;
  /** Publications a second, all publishers together. */
  readonly rate: number;
  readonly users: number;
  /** For histories that are written elsewhere. */
  readonly folder: string;
}

/** A connection of some subscribers to the balancer, such as that of a house. */
export interface Network {
  readonly name: string;
  readonly proxy: TcpProxy;
}

/** Everybody who takes part in a run. */
export class Population {
  readonly publishers: readonly Publisher[];
  readonly networks: readonly Network[];
  /** The networks of publishers, apart from the subscribers'. */
  readonly uplinks: readonly Network[];
  readonly users: readonly User[];
  /** Clients whose clock is off. */
  readonly otherClocks: readonly OtherClock[];
  /** What is published to. */
  readonly topics: readonly number[] = TOPICS;
  readonly #recorder: Recorder;
  readonly #random: Random;
  #subscribers: Subscriber[] = [];
  /** Where each user lives. */
  readonly #homes = new Map<User, Network>();
  #successors = 0;

  private constructor(
    { publishers, rate, users, folder }: PopulationOptions,
    networks: readonly Network[],
    uplinks: readonly Network[],
    recorder: Recorder,
    random: Random,
  ) {
    this.networks = networks;
    this.uplinks = uplinks;
    this.#recorder = recorder;
    this.#random = random;
    this.users = Array.from({ length: users }, (_, index) => this.#createUser(index));
    const calm = TOPICS.filter((topic) => topic !== BULK);
    const extra = Math.round(calm.length / 3);
    this.publishers = Array.from(
      { length: publishers },
      (_, index) =>
        new Publisher({
          name: `backend-${index + 1}`,
          topics: [...calm, ...Array<number>(extra).fill(BUSY)],
          users: this.users.map(({ name }) => name),
          rate: rate / publishers,
          port: uplinks[index % uplinks.length]?.proxy.port ?? 0,
          recorder,
          random: random.fork(),
        }),
    );
    for (const user of this.users) this.#settle(user);
    this.otherClocks = CLOCKS.map(
      ({ name, shiftMs }, index) =>
        new OtherClock({
          name,
          shiftMs,
          topics: random.some(calm, 4),
          port: networks[index]?.proxy.port ?? 0,
          file: join(folder, `history of the ${name}.ndjson`),
          seed: random.integer(0, 2 ** 31),
        }),
    );
  }

  static async arrive(
    options: PopulationOptions,
    balancer: Balancer,
    recorder: Recorder,
    random: Random,
  ): Promise<Population> {
    const open = async (name: string) => ({ name, proxy: await balancer.open() });
    const networks = await Promise.all(
      Array.from({ length: NETWORKS }, (_, index) => open(`network-${index + 1}`)),
    );
    const uplinks = await Promise.all(['uplink-1', 'uplink-2'].map(open));
    return new Population(options, networks, uplinks, recorder, random);
  }

  get subscribers(): readonly Subscriber[] {
    return this.#subscribers;
  }

  /** Those that share a connection with others. */
  get tabs(): readonly ClientSubscriber[] {
    return this.clients.filter(({ shares }) => shares);
  }

  get clients(): readonly ClientSubscriber[] {
    return this.#subscribers.filter((subscriber) => subscriber instanceof ClientSubscriber);
  }

  subscribersOf(user: User): readonly Subscriber[] {
    return this.#subscribers.filter((subscriber) => subscriber.user === user);
  }

  /** The network that a user's devices are in. */
  homeOf(user: User): Network {
    const home = this.#homes.get(user);
    if (home === undefined) throw new Error(`${user.name} lives nowhere`);
    return home;
  }

  /** Ends every subscriber of a user. Returns the function that starts others, which resume where these stood. */
  dismiss(user: User, code: string): () => void {
    const gone = this.subscribersOf(user);
    this.#subscribers = this.#subscribers.filter((subscriber) => subscriber.user !== user);
    for (const subscriber of gone) subscriber.end(code);
    return () => {
      this.#successors++;
      for (const subscriber of gone) this.#succeed(subscriber);
    };
  }

  /** Who was not given everything up to these positions, by name and topic. */
  async behind(lasts: ReadonlyMap<number, Position>): Promise<string[]> {
    const here = this.#subscribers.flatMap((subscriber) =>
      subscriber.topics.flatMap((topic) => {
        const last = lasts.get(topic);
        return last && !subscriber.hasPassed(topic, last) ? [`${subscriber.name} in topic ${topic}`] : [];
      }),
    );
    const there = await Promise.all(this.otherClocks.map((clock) => clock.behind(lasts)));
    return [...here, ...there.flat()];
  }

  /** Ends everybody. */
  async leave(): Promise<void> {
    for (const subscriber of this.#subscribers) subscriber.end('closed');
    this.#subscribers = [];
    const leaving = [...this.publishers, ...this.otherClocks];
    await Promise.all(leaving.map((one) => one.end()));
  }

  #createUser(index: number): User {
    const random = this.#random;
    const calm = TOPICS.filter((topic) => topic !== BULK);
    const bulk = index < 3 ? [BULK] : [];
    const lifetimeMs = index % 3 === 0 ? random.between(3_000, 6_000) : HOUR_MS;
    return new User(
      `patient-${index + 1}`,
      [...random.some(calm, random.integer(4, 7)), ...bulk],
      lifetimeMs,
    );
  }

  /** Gives a user devices. */
  #settle(user: User): void {
    const random = this.#random;
    const number = Number(user.name.split('-')[1]);
    this.#homes.set(user, this.networks[number % NETWORKS] as Network);
    // A user of whom nothing is known but what was received: other devices would receive for this one.
    if (number % 4 === 0)
      return this.#addPlain(`forgetful of ${user.name}`, user, random.pick(user.topics), false);
    const devices = number % 4 === 3 ? ['phone', ...TABS] : ['phone', 'laptop'];
    for (const device of devices) {
      this.#addClient(`${device} of ${user.name}`, user, user.topics, { shares: TABS.includes(device) });
    }
    if (number % 2 === 0) this.#addPlain(`script of ${user.name}`, user, random.pick(user.topics));
  }

  #succeed(subscriber: Subscriber): void {
    const { user, topics } = subscriber;
    const name = `${subscriber.name.replace(/, again.*/, '')}, again ${this.#successors}`;
    if (subscriber instanceof ClientSubscriber) this.#addClient(name, user, topics, subscriber);
    else this.#addPlain(name, user, topics[0] ?? BUSY);
  }

  #addClient(
    name: string,
    user: User,
    topics: readonly number[],
    { stored = new Map(), shares }: { readonly stored?: Map<string, string>; readonly shares: boolean },
  ): void {
    const port = this.homeOf(user).proxy.port;
    const random = this.#random.fork();
    const client = new ClientSubscriber({
      name,
      user,
      topics,
      port,
      recorder: this.#recorder,
      random,
      stored,
      shares,
    });
    this.#subscribers.push(client);
  }

  #addPlain(name: string, user: User, topic: number, remembers = !name.startsWith('forgetful')): void {
    const port = this.homeOf(user).proxy.port;
    const random = this.#random.fork();
    const plain = new PlainSubscriber({
      name,
      user,
      topic,
      port,
      remembers,
      recorder: this.#recorder,
      random,
    });
    this.#subscribers.push(plain);
  }
}

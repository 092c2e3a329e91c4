import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerProcess, TcpProxy } from '@vitalwire/testing';
import type { Crowd } from './crowd.ts';

/** What can be harmed, and what may be done meanwhile. */
interface Scene {
  readonly crowd: Crowd;
  readonly proxy: TcpProxy;
  readonly server: ServerProcess;
  /** Publishes what the clients then have to be given. */
  publish(): Promise<void>;
}

/** One way to lose a connection. */
export interface Harm {
  readonly name: string;
  /** What is done, in words. */
  readonly told: string;
  /**
   * Does it. Resolves with the time that counts as its beginning, from which on a new connection works, by
   * `performance.now()`; `undefined`: each client's own loss.
   */
  strike(scene: Scene): Promise<number | undefined>;
}

/** How long the network or the server is away, where it is. */
const AWAY_MS = 5_000;
/** Within this time a proxy has swallowed what was on its way. */
const SWALLOWED_MS = 200;

/** Both ends look open, and nothing passes between them any more. New connections work. */
async function halfOpen({ proxy, publish }: Scene): Promise<void> {
  proxy.blackhole();
  await publish();
  await sleep(SWALLOWED_MS);
  proxy.pass();
}

async function away({ proxy, publish }: Scene): Promise<void> {
  proxy.refuse();
  proxy.destroy();
  await publish();
  await sleep(AWAY_MS);
  proxy.pass();
}

export const harms: readonly Harm[] = [
  {
    name: 'cut',
    told: 'the connection is reset, and the network works',
    async strike({ proxy, publish }) {
      const since = performance.now();
      proxy.destroy();
      await publish();
      return since;
    },
  },
  {
    name: 'refused',
    told: `the connection is reset, and new ones are refused for ${AWAY_MS / 1_000} s`,
    async strike(scene) {
      await away(scene);
      return performance.now();
    },
  },
  {
    name: 'online',
    told: 'the same, and then the device says that it is online',
    async strike(scene) {
      await away(scene);
      const since = performance.now();
      scene.crowd.wake();
      return since;
    },
  },
  {
    name: 'half-open',
    told: 'nothing passes any more, and nobody is told',
    async strike(scene) {
      const since = performance.now();
      await halfOpen(scene);
      return since;
    },
  },
  {
    name: 'sleep',
    told: 'the same while the device sleeps, which then wakes',
    async strike(scene) {
      await halfOpen(scene);
      const since = performance.now();
      scene.crowd.wake();
      return since;
    },
  },
  {
    name: 'restart',
    told: 'the server drains, ends and starts again',
    async strike({ server, publish }) {
      await server.stop();
      await server.restart();
      const since = performance.now();
      await publish();
      return since;
    },
  },
  {
    name: 'kill',
    told: 'the server is killed, and starts again',
    async strike({ server, publish }) {
      await server.kill();
      await server.restart();
      const since = performance.now();
      await publish();
      return since;
    },
  },
  {
    name: 'expiry',
    told: 'the token expires at the server, which closes with 4401',
    async strike({ crowd, server, publish }) {
      await Promise.all(crowd.users.map((user) => server.expireToken(user)));
      await crowd.left();
      await publish();
      return undefined;
    },
  },
];

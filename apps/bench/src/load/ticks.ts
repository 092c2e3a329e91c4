import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Population } from './population.ts';

const TICK = Buffer.from([1]);
/** In this time what was delivered twice would come. */
const AFTERMATH_MS = 100;

/** Makes the server publish: one byte, one tick. */
export class Ticks {
  readonly #socket: Socket;
  readonly #population: Population;
  /** What every subscriber gets in a tick. */
  readonly #messages: number;

  private constructor(socket: Socket, population: Population, messages: number) {
    this.#socket = socket;
    this.#population = population;
    this.#messages = messages;
  }

  static async connect(port: number, population: Population, messages: number): Promise<Ticks> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new Ticks(socket, population, messages);
  }

  /** One tick after another for so long: the next one when everybody has received the last one. Returns their number. */
  async closedLoop(durationMs: number): Promise<number> {
    const population = this.#population;
    const end = performance.now() + durationMs;
    let ticks = 0;
    const next = () => {
      if (performance.now() >= end) return;
      ticks++;
      population.expectForAll(this.#messages);
      this.#socket.write(TICK);
    };
    population.onAllArrived = next;
    next();
    await sleep(durationMs);
    population.onAllArrived = () => {};
    await population.allArrived();
    return ticks;
  }

  /** So many ticks a second for so long, whether or not the last one has arrived. Returns their number. */
  async fixedRate(ticksPerSecond: number, durationMs: number): Promise<number> {
    const wanted = Math.round((ticksPerSecond * durationMs) / 1_000);
    const startedAt = performance.now();
    for (let tick = 0; tick < wanted; tick++) {
      const due = startedAt + (tick * 1_000) / ticksPerSecond;
      const wait = due - performance.now();
      if (wait > 0) await sleep(wait);
      this.#population.expectForAll(this.#messages);
      this.#socket.write(TICK);
    }
    await this.#population.allArrived();
    return wanted;
  }

  /** Waits until whatever comes too much has come. */
  async settle(): Promise<void> {
    await sleep(AFTERMATH_MS);
  }
}

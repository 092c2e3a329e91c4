import { within } from '@vitalwire/testing';
import type { Random } from '../support/random.ts';
import { type Fault, type FaultKind, type System, wait } from './faults/fault.ts';

export interface MixerOptions {
  readonly kinds: readonly FaultKind[];
  readonly system: System;
  readonly random: Random;
  /** Most faults at the same time. */
  readonly together: number;
  /** Between two faults, on average. */
  readonly everyMs: number;
}

/** Every fault ends by itself within this time, so that a harness that hangs is noticed. */
const LONGEST_FAULT_MS = 90_000;
/** How much longer a fault lasts that has done nothing yet. */
const LONGER_MS = 12_000;
const ATTEMPTS_TO_PLAN = 10;
/** Chance of a quiet period before a fault. */
const QUIET = 0.02;

/** Injects faults that a seed chooses, alone and together, with quiet periods between. */
export class Mixer {
  readonly #options: MixerOptions;
  readonly #active = new Map<Fault, Promise<void>>();
  #failure: unknown;

  constructor(options: MixerOptions) {
    this.#options = options;
  }

  /**
   * Goes on until the time is over or the signal ends it, and resolves when all is mended. Rejects when a fault could not be injected or
   * mended, which is the harness' own failure.
   */
  async run(durationMs: number, signal?: AbortSignal): Promise<void> {
    const { random, everyMs, together } = this.#options;
    const end = performance.now() + durationMs;
    const left = () => end - performance.now();
    while (left() > 0 && this.#failure === undefined && !signal?.aborted) {
      await wait(Math.min(2 * everyMs * random.next(), left()));
      if (random.chance(QUIET)) await this.#quiet(Math.min(random.between(2_000, 5_000), left()));
      if (left() > 0 && this.#active.size < together) this.#inject(left());
    }
    await this.#mended();
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #quiet(ms: number): Promise<void> {
    await this.#mended();
    await wait(ms);
  }

  async #mended(): Promise<void> {
    while (this.#active.size > 0) await Promise.all(this.#active.values());
  }

  #inject(leftMs: number): void {
    const planned = this.#plan();
    if (planned === undefined) return;
    const { kind, fault } = planned;
    const breaking = this.#break(kind, fault, leftMs).catch((error: unknown) => {
      this.#failure ??= new Error(`${kind.name} of ${fault.target} failed`, { cause: error });
    });
    this.#active.set(fault, breaking);
    void breaking.finally(() => this.#active.delete(fault));
  }

  /** Chooses a fault that claims nothing that another one has. */
  #plan(): { kind: FaultKind; fault: Fault } | undefined {
    const { kinds, random, system } = this.#options;
    const claimed = new Set([...this.#active.keys()].flatMap(({ claims }) => claims));
    const weighted = kinds.flatMap((kind) => Array<FaultKind>(kind.weight).fill(kind));
    for (let attempt = 0; attempt < ATTEMPTS_TO_PLAN; attempt++) {
      const kind = random.pick(weighted);
      const fault = kind.plan(system, random);
      if (fault && !fault.claims.some((claim) => claimed.has(claim))) return { kind, fault };
    }
    return undefined;
  }

  async #break({ name }: FaultKind, fault: Fault, leftMs: number): Promise<void> {
    const { recorder } = this.#options.system;
    const { target, durationMs } = fault;
    recorder.record({ type: 'fault.begun', fault: name, target });
    await within(
      LONGEST_FAULT_MS,
      Promise.resolve(fault.begin()),
      () => `${name} of ${target} did not begin`,
    );
    await wait(Math.min(durationMs, leftMs));
    const patience = performance.now() + LONGER_MS;
    while (fault.shown?.() === false && performance.now() < patience) await wait(20);
    const effect = await within(
      LONGEST_FAULT_MS,
      Promise.resolve(fault.end()),
      () => `${name} of ${target} did not end`,
    );
    recorder.record({ type: 'fault.ended', fault: name, target, effect });
  }
}

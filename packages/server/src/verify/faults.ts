import type { FaultBegun, FaultEnded } from './history.ts';

/** How often one kind of fault was injected. */
export interface FaultCount {
  readonly count: number;
  /** How many of them were seen to do something. */
  readonly effective: number;
}

/** A fault still counts as under way for this long after its end, while its effects do. */
const SHADOW_MS = 2_000;

/** The faults of a run. */
export class Faults {
  readonly #counts = new Map<string, { count: number; effective: number }>();
  readonly #open = new Set<string>();
  #lastEnd = Number.NEGATIVE_INFINITY;
  /** When those ended that did something. */
  readonly ends: number[] = [];

  begun({ fault, target }: FaultBegun): void {
    this.#open.add(`${fault} ${target}`);
    this.#countOf(fault).count++;
  }

  ended({ fault, target, effect, at }: FaultEnded): void {
    this.#open.delete(`${fault} ${target}`);
    this.#lastEnd = at;
    if (effect <= 0) return;
    this.#countOf(fault).effective++;
    this.ends.push(at);
  }

  /** Whether a fault is under way, or ended a moment ago. */
  isDuring(at: number): boolean {
    return this.#open.size > 0 || at - this.#lastEnd <= SHADOW_MS;
  }

  get counts(): Readonly<Record<string, FaultCount>> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  get effective(): number {
    return this.ends.length;
  }

  #countOf(fault: string): { count: number; effective: number } {
    const count = this.#counts.get(fault) ?? { count: 0, effective: 0 };
    this.#counts.set(fault, count);
    return count;
  }
}

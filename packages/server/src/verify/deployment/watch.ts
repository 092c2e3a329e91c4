import type { Position } from '@vitalwire/protocol';
import type { HistoryEvent } from '../history.ts';
import { NOBODY } from './publisher.ts';

const HEARD: ReadonlySet<HistoryEvent['type']> = new Set([
  'delivery',
  'subscription.opened',
  'connection.closed',
]);

/** What the run itself has to know of its history: how far it is, what is owed, and who else publishes. */
export class Watch {
  deliveries = 0;
  connects = 0;
  /** When a subscriber last heard anything, by `performance.now()`. */
  heardAt = 0;
  /** The newest acknowledged publication that the subscribers may see. */
  #owed: Position | undefined;
  readonly #run: string;
  readonly #hidden = new Set<string>();
  readonly #own = new Set<number>();
  readonly #foreign = new Set<number>();

  /** @param run what the names of all own publications begin with. */
  constructor(run: string) {
    this.#run = run;
  }

  take(event: HistoryEvent): void {
    if (HEARD.has(event.type)) this.heardAt = performance.now();
    if (event.type === 'publish.begun' && event.to === NOBODY) this.#hidden.add(event.id);
    else if (event.type === 'subscription.opened') this.connects++;
    else if (event.type === 'publish.acknowledged') {
      this.#own.add(event.position.offset);
      if (!this.#hidden.has(event.id) && event.position.offset > (this.#owed?.offset ?? 0)) {
        this.#owed = event.position;
      }
    } else if (event.type === 'delivery') {
      this.deliveries++;
      if (!event.id.startsWith(this.#run)) this.#foreign.add(event.position.offset);
    }
  }

  /** How many publications were acknowledged, repeated ones once. */
  get acknowledged(): number {
    return this.#own.size;
  }

  /** Whether a subscriber that stands here has everything. */
  isCaughtUp(position: Position | undefined): boolean {
    return this.#owed === undefined || (position !== undefined && position.offset >= this.#owed.offset);
  }

  /** Offsets with publications that nobody here published. What is damaged stands where this run published. */
  get foreign(): number[] {
    return [...this.#foreign].filter((offset) => !this.#own.has(offset));
  }
}

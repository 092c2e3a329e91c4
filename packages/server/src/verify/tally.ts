import { Histogram } from './histogram.ts';
import type { HistoryEvent, RunBegun, Settled } from './history.ts';
import type { DeliveryKind } from './subscription.ts';

/** What is counted of a run while its events pass by. */
export class Tally {
  readonly deliveryMs = new Histogram();
  readonly connects = { fresh: 0, recovered: 0, gap: 0 };
  run: RunBegun | undefined;
  settled: Settled | undefined;
  events = 0;
  unknownAttempts = 0;
  acknowledgedDuringFaults = 0;
  liveDeliveries = 0;
  recoveredDeliveries = 0;
  repeatedDeliveries = 0;
  /** The first thing that no recorder may write. */
  flaw: string | undefined;
  readonly #loopDelayMs = new Histogram();
  #firstAt: number | undefined;
  #lastAt = Number.NEGATIVE_INFINITY;
  #publishing: { from: number; to: number; count: number } | undefined;

  take(event: HistoryEvent): void {
    this.events++;
    this.#firstAt ??= event.at;
    if (event.at < this.#lastAt) this.flaw ??= `${event.type} of ${event.process} comes after a later event`;
    this.#lastAt = Math.max(this.#lastAt, event.at);
    if (event.type === 'run.begun') this.run = event;
    else if (event.type === 'settled') this.settled = event;
    else if (event.type === 'sample') this.#loopDelayMs.add(event.loopDelayMs);
    else if (event.type === 'publish.unknown') this.unknownAttempts++;
    else if (event.type === 'subscription.opened') this.connects[event.recovery.status]++;
    else if (event.type === 'publish.begun' && event.attempt === 1) {
      this.#publishing ??= { from: event.at, to: event.at, count: 0 };
      this.#publishing.to = event.at;
      this.#publishing.count++;
    }
  }

  delivered(kind: DeliveryKind): void {
    if (kind === 'live') this.liveDeliveries++;
    else if (kind === 'repeated') this.repeatedDeliveries++;
    else this.recoveredDeliveries++;
  }

  get deliveries(): number {
    return this.liveDeliveries + this.recoveredDeliveries + this.repeatedDeliveries;
  }

  get seconds(): number {
    return this.#firstAt === undefined ? 0 : (this.#lastAt - this.#firstAt) / 1_000;
  }

  get loopDelayMs(): number {
    return this.#loopDelayMs.percentiles.p99;
  }

  /** Publications a second, as meant and as begun; nothing when nothing was meant. */
  get rate(): { readonly meant: number; readonly begun: number } | undefined {
    const { run } = this;
    if (run?.rate === undefined) return undefined;
    const { from, to, count } = this.#publishing ?? { from: 0, to: 0, count: 0 };
    return { meant: run.rate, begun: to > from ? ((count - 1) * 1_000) / (to - from) : 0 };
  }
}

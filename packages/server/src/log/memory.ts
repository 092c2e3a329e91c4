import type { Position } from '@vitalwire/protocol';
import { refuseUnknown } from '../options.ts';
import type { LocalLog } from './local-log.ts';
import {
  LOCAL_LOG_OPTIONS,
  type LocalLogOptions,
  LocalLogStore,
  resolveLocalOptions,
} from './local-log-store.ts';
import type { Appended, Entry, LogState, LogStore, Page, PageLimit, Receipt, Topic } from './log-store.ts';
import { MemoryTopic } from './memory-topic.ts';
import { type Horizon, isForgotten } from './retention.ts';

/** Options of `memoryLog`. */
export type MemoryLogOptions = LocalLogOptions;

/**
 * A log store that forgets everything with its process: for tests and trials. Clients that come back after a restart
 * are told of a gap, because every topic begins a new epoch.
 *
 * @throws {OptionError} naming the option that cannot be used.
 */
export function memoryLog(options: MemoryLogOptions = {}): LogStore {
  refuseUnknown(options, LOCAL_LOG_OPTIONS, '');
  return new LocalLogStore(new MemoryLog(), resolveLocalOptions(options));
}

class MemoryLog implements LocalLog {
  readonly broken = undefined;
  readonly instant = true;
  readonly #topics = new Map<Topic, MemoryTopic>();

  transaction(work: () => void): void {
    work();
  }

  begin(topic: Topic, horizon: Horizon): void {
    this.#obtain(topic, horizon);
  }

  append(topic: Topic, entry: Entry, horizon: Horizon): Appended {
    return this.#obtain(topic, horizon).append(entry, horizon);
  }

  receive({ topic, userId, position }: Receipt, horizon: Horizon): void {
    this.#find(topic, horizon)?.receive(userId, position);
  }

  sweep(horizon: Horizon): boolean {
    for (const topic of this.#topics.keys()) this.#find(topic, horizon)?.trim(horizon);
    return false;
  }

  state(topic: Topic, horizon: Horizon): LogState | undefined {
    return this.#find(topic, horizon)?.state(horizon);
  }

  read(topic: Topic, after: number, limit: PageLimit, horizon: Horizon): Page | undefined {
    return this.#find(topic, horizon)?.read(after, limit, horizon);
  }

  count(topic: Topic, after: number, upTo: number, userId: string, horizon: Horizon): number {
    return this.#find(topic, horizon)?.count(after, upTo, userId, horizon) ?? 0;
  }

  received(topic: Topic, userId: string, horizon: Horizon): Position | undefined {
    return this.#find(topic, horizon)?.received(userId);
  }

  unreceived(horizon: Horizon): Map<Topic, number> {
    const counts = new Map<Topic, number>();
    for (const topic of this.#topics.keys()) {
      const count = this.#find(topic, horizon)?.unreceived(horizon) ?? 0;
      if (count > 0) counts.set(topic, count);
    }
    return counts;
  }

  close(): void {
    this.#topics.clear();
  }

  #find(topic: Topic, horizon: Horizon): MemoryTopic | undefined {
    const found = this.#topics.get(topic);
    if (found === undefined || !isForgotten(found, horizon)) return found;
    this.#topics.delete(topic);
    return undefined;
  }

  #obtain(topic: Topic, horizon: Horizon): MemoryTopic {
    const found = this.#find(topic, horizon);
    if (found !== undefined) return found;
    const begun = new MemoryTopic(horizon);
    this.#topics.set(topic, begun);
    return begun;
  }
}

import type { HistoryEvent, LogRead, RecordedRecovery } from '../history.ts';
import type { Target } from './target.ts';

/** What one subscriber reads of a log: everything between where it began and where the log ended then. */
export class Reading {
  readonly reader: string;
  readonly #target: Target;
  readonly #entries = new Map<number, string>();
  #recovery: RecordedRecovery | undefined;

  constructor(reader: string, target: Target) {
    this.reader = reader;
    this.#target = target;
  }

  take(event: HistoryEvent): void {
    if (event.type === 'subscription.opened' && event.subscriber === this.reader)
      this.#recovery ??= event.recovery;
    else if (event.type === 'delivery' && event.subscriber === this.reader) {
      this.#entries.set(event.position.offset, event.id);
    }
  }

  /** Whether as much has arrived as was announced. */
  get complete(): boolean {
    return this.#recovery !== undefined && this.#entries.size >= this.#recovery.count;
  }

  get logRead(): Omit<LogRead, 'at' | 'process'> {
    if (!this.#recovery) throw new Error('the log was not read');
    const { from, to } = this.#recovery;
    return {
      type: 'log.read',
      node: this.reader,
      topic: this.#target.diagnosisId,
      epoch: to.epoch,
      earliest: from.offset + 1,
      top: to.offset,
      user: this.#target.user,
      entries: [...this.#entries]
        .filter(([offset]) => offset <= to.offset)
        .map(([offset, id]) => ({ offset, id })),
    };
  }
}

import type { Checker } from '../check.ts';
import { type HistoryEvent, monotonicNow } from '../history.ts';
import type { HistoryWriter, Recorded, Recorder } from '../history-file.ts';

/** A history that is judged while it happens, and kept in a file if there is one. */
export class LiveHistory implements Recorder {
  readonly #checker: Checker;
  readonly #file: HistoryWriter | undefined;
  readonly #listeners: ((event: HistoryEvent) => void)[] = [];

  constructor(checker: Checker, file: HistoryWriter | undefined) {
    this.#checker = checker;
    this.#file = file;
  }

  /** Calls the listener with every event. */
  listen(listener: (event: HistoryEvent) => void): void {
    this.#listeners.push(listener);
  }

  record(recorded: Recorded): void {
    const event: HistoryEvent = { at: monotonicNow(), process: 'verify', ...recorded };
    this.#checker.take(event);
    this.#file?.write(event);
    for (const listener of this.#listeners) listener(event);
  }
}

import { HistoryWriter, type Recorded, type Recorder } from '@vitalwire/server/verify';

/** Records the history of a run, and counts what a progress line says. */
export class Journal implements Recorder {
  readonly file: string;
  readonly #writer: HistoryWriter;
  readonly #counts = new Map<Recorded['type'], number>();
  readonly #topics = new Set<number>();

  constructor(file: string, process: string) {
    this.file = file;
    this.#writer = new HistoryWriter(file, process);
  }

  record(event: Recorded): void {
    this.#writer.record(event);
    this.#counts.set(event.type, this.count(event.type) + 1);
    if (event.type === 'publish.begun') this.#topics.add(event.topic);
  }

  /** How many events of a type were recorded. */
  count(type: Recorded['type']): number {
    return this.#counts.get(type) ?? 0;
  }

  /** Every topic that somebody published to. */
  get topics(): ReadonlySet<number> {
    return this.#topics;
  }

  close(): Promise<void> {
    return this.#writer.close();
  }
}

import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { type HistoryEvent, monotonicNow } from './history.ts';

/** An event as it is recorded; time and process are added. */
export type Recorded = HistoryEvent extends infer E
  ? E extends HistoryEvent
    ? Omit<E, 'at' | 'process'>
    : never
  : never;

/** Takes what happens. */
export interface Recorder {
  /** Records an event, as of now. */
  record(event: Recorded): void;
}

/** Lines are collected up to this many characters before they are written. */
const CHUNK = 1 << 16;

/** Writes the history of one process to a file, one event a line. */
export class HistoryWriter implements Recorder {
  readonly #process: string;
  readonly #stream: WriteStream;
  #chunk = '';
  #events = 0;
  #error: Error | undefined;

  /** Creates the file, or empties it. */
  constructor(file: string, process: string) {
    this.#process = process;
    this.#stream = createWriteStream(file);
    this.#stream.on('error', (error) => {
      this.#error = error;
    });
  }

  /** How many events were recorded. */
  get events(): number {
    return this.#events;
  }

  record(event: Recorded): void {
    this.write({ at: monotonicNow(), process: this.#process, ...event });
  }

  /** Writes an event that has its time already. */
  write(event: HistoryEvent): void {
    this.#events++;
    this.#chunk += `${JSON.stringify(event)}\n`;
    if (this.#chunk.length >= CHUNK) this.#flush();
  }

  /** Resolves when everything is in the file; rejects when it could not be written. */
  async close(): Promise<void> {
    this.#flush();
    this.#stream.end();
    if (this.#error) throw this.#error;
    await finished(this.#stream);
  }

  #flush(): void {
    this.#stream.write(this.#chunk);
    this.#chunk = '';
  }
}

/**
 * Reads a history file. A last line without an end is passed over: its process was killed while writing.
 *
 * @throws {Error} that names file and line when a line is no event.
 */
export async function* readHistory(file: string): AsyncGenerator<HistoryEvent, void, undefined> {
  let number = 0;
  let broken: string | undefined;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    if (broken !== undefined) throw new Error(broken);
    number++;
    const event = parse(line);
    if (event) yield event;
    else broken = `${file}:${number} is no event of a history`;
  }
}

function parse(line: string): HistoryEvent | undefined {
  try {
    const event = JSON.parse(line);
    return typeof event?.type === 'string' && typeof event.at === 'number' ? event : undefined;
  } catch {
    return undefined;
  }
}

/** Merges histories, each in the order of its time, into one. */
export async function* mergeHistories(
  histories: readonly (Iterable<HistoryEvent> | AsyncIterable<HistoryEvent>)[],
): AsyncGenerator<HistoryEvent, void, undefined> {
  const heads: { event: HistoryEvent; rest: Iterator<HistoryEvent> | AsyncIterator<HistoryEvent> }[] = [];
  for (const history of histories) {
    const rest =
      Symbol.asyncIterator in history ? history[Symbol.asyncIterator]() : history[Symbol.iterator]();
    const first = await rest.next();
    if (!first.done) heads.push({ event: first.value, rest });
  }
  while (heads.length > 0) {
    const head = heads.reduce((earliest, other) => (other.event.at < earliest.event.at ? other : earliest));
    yield head.event;
    const next = await head.rest.next();
    if (next.done) heads.splice(heads.indexOf(head), 1);
    else head.event = next.value;
  }
}

import {
  type Catalogue,
  createMessageDecoder,
  decodeCommand,
  type StandardCatalogue,
  catalogue as standardCatalogue,
} from '@vitalwire/protocol';
import { Redaction } from './redact.ts';
import type { Trace, TraceEntry } from './trace.ts';

/** Options of a recording. */
export interface RecordingOptions<C extends Catalogue = StandardCatalogue> {
  /** The message types. @default the standard catalogue */
  catalogue?: C;
  /**
   * Keep what publications contain, and the names of users. Tokens are never kept. Only for invented data: what a trace
   * holds is health data otherwise. @default false
   */
  keepsContent?: boolean;
  /** Milliseconds since whenever. @default `performance.now` */
  now?: () => number;
}

type Event<Entry> = Entry extends unknown ? Omit<Entry, 'atMs'> : never;

/** Writes the trace of a client's connections. */
export class TraceRecorder<C extends Catalogue = StandardCatalogue> {
  readonly #connections: { path: string; entries: TraceEntry<C>[] }[] = [];
  readonly #options: RecordingOptions<C>;
  readonly #redaction: Redaction<C>;
  readonly #decode: ReturnType<typeof createMessageDecoder<C>>;
  #began: number | undefined;

  constructor(options: RecordingOptions<C> = {}) {
    const catalogue = options.catalogue ?? (standardCatalogue as unknown as C);
    this.#options = options;
    this.#redaction = new Redaction(catalogue);
    this.#decode = createMessageDecoder(catalogue);
  }

  /** What was recorded until now. Connections on which nothing of the protocol was said are left out. */
  get trace(): Trace<C> {
    const ours = this.#connections.filter(({ entries }) =>
      entries.some(({ kind }) => kind === 'command' || kind === 'message'),
    );
    return structuredClone({ version: 1, connections: ours });
  }

  /** A connection was begun: tells what happens on it. */
  connection(url: string): {
    opened(): void;
    sent(text: string): void;
    received(text: string): void;
    lost(code: number, reason: string): void;
  } {
    const entries: TraceEntry<C>[] = [];
    this.#connections.push({ path: new URL(url).pathname, entries });
    const now = this.#options.now ?? (() => performance.now());
    this.#began ??= now();
    const began = this.#began;
    const add = (event: Event<TraceEntry<C>>) =>
      entries.push({ atMs: Math.round(now() - began), ...event } as TraceEntry<C>);
    return {
      opened: () => add({ kind: 'opened' }),
      sent: (text) => add(this.#commandIn(text)),
      received: (text) => add(this.#messageIn(text)),
      lost: (code, reason) => add({ kind: 'lost', code, reason: this.#isKnown(reason) ? reason : '' }),
    };
  }

  #commandIn(text: string): Event<TraceEntry<C>> {
    try {
      return { kind: 'command', command: this.#redaction.command(decodeCommand(text)) };
    } catch {
      return { kind: 'unreadable' };
    }
  }

  #messageIn(text: string): Event<TraceEntry<C>> {
    const decoded = this.#decode(text);
    if ('invalid' in decoded) return { kind: 'unreadable' };
    const { message } = decoded;
    return {
      kind: 'message',
      message: this.#options.keepsContent ? message : this.#redaction.message(message),
    };
  }

  /** A reason of the protocol is a name; another one may be anything. */
  #isKnown(reason: string): boolean {
    return /^[a-z_]{1,40}$/.test(reason);
  }
}

import type { OpenTransport } from '@vitalwire/client/transport';
import { type Catalogue, type Command, decodeCommand, type StandardCatalogue } from '@vitalwire/protocol';
import { FakeSocket } from '../fake/fake-socket.ts';
import type { Trace, TracedConnection, TraceEntry } from './trace.ts';

/** What a frame that could not be read is replayed as. */
const UNREADABLE = '{"type":"unreadable"}';

/** The server's end of a connection, wherever it is. */
export interface ReplayPeer {
  accept(): void;
  push(text: string): void;
  lose(code: number, reason: string): void;
}

/**
 * Plays the server's part of a trace: says what it said, in the same order, each time as soon as the client has said what
 * it had said before. No time passes by itself, so it is the same every time. Pings are answered, whenever they come.
 */
export class Replay<C extends Catalogue = StandardCatalogue> {
  readonly #trace: Trace<C>;
  readonly #connections: ReplayedConnection<C>[] = [];
  readonly #differences: string[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(trace: Trace<C>) {
    this.#trace = trace;
  }

  /** What the client said differently from the one that was recorded. */
  get differences(): readonly string[] {
    return this.#differences;
  }

  /** What `createClient` takes as `transport`. */
  readonly transport: OpenTransport = (_url, _subprotocol, _timeoutMs, listener) => {
    const socket = new FakeSocket(listener, (text) => hear(text));
    const hear = this.connect(socket);
    return socket;
  };

  /** A client has connected. Returns what is to be called with what it says. */
  connect(peer: ReplayPeer): (text: string) => void {
    const number = this.#connections.length;
    const traced = this.#trace.connections[number];
    if (!traced) {
      this.#differ(`connection ${number + 1} was not recorded`);
      peer.lose(1006, '');
      return () => {};
    }
    const connection = new ReplayedConnection(traced, peer, (difference) =>
      this.#differ(`connection ${number + 1}: ${difference}`),
    );
    this.#connections.push(connection);
    this.#moved();
    return (text) => {
      connection.hear(decodeCommand(text));
      this.#moved();
    };
  }

  /**
   * Resolves when everything was replayed. Rejects with any difference, and when the time is over with what the client has
   * not said.
   *
   * @param timeoutMs how long to wait, in milliseconds. @default 5_000
   */
  finished(timeoutMs = 5_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (error?: Error) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        if (error) reject(error);
        else resolve();
      };
      const look = () => {
        if (this.#differences.length > 0) end(new Error(this.#differences.join('\n')));
        else if (this.#left().length === 0) end();
      };
      const timer = setTimeout(
        () => end(new Error(`the replay waits: ${this.#left().join('; ')}`)),
        timeoutMs,
      );
      this.#waiting.add(look);
      look();
    });
  }

  #left(): string[] {
    return this.#trace.connections.flatMap((_, index) => {
      const connection = this.#connections[index];
      if (!connection) return `connection ${index + 1} was not made`;
      const { waitsFor } = connection;
      return waitsFor === undefined ? [] : `connection ${index + 1} for ${waitsFor}`;
    });
  }

  #differ(difference: string): void {
    if (!this.#differences.includes(difference)) this.#differences.push(difference);
    this.#moved();
  }

  #moved(): void {
    for (const look of [...this.#waiting]) look();
  }
}

class ReplayedConnection<C extends Catalogue> {
  readonly #entries: TraceEntry<C>[];
  readonly #peer: ReplayPeer;
  readonly #differ: (difference: string) => void;
  /** What the client said before its turn. */
  readonly #early: Command[] = [];

  constructor({ entries }: TracedConnection<C>, peer: ReplayPeer, differ: (difference: string) => void) {
    // Heartbeats follow the clock, so they come at other times in a replay.
    this.#entries = entries.filter((entry) => !isHeartbeat(entry));
    this.#peer = peer;
    this.#differ = differ;
    this.#goOn();
  }

  /** In words what the client has to say next; `undefined` when nothing is left. */
  get waitsFor(): string | undefined {
    const [next] = this.#entries;
    return next?.kind === 'command' ? words(next.command) : undefined;
  }

  hear(command: Command): void {
    if (command.type === 'ping') {
      const data = command.id === undefined ? {} : { id: command.id };
      this.#peer.push(JSON.stringify({ type: 'pong', data, timestamp: '2026-01-01T00:00:00Z' }));
      return;
    }
    this.#early.push(command);
    this.#goOn();
  }

  #goOn(): void {
    for (let entry = this.#entries[0]; entry; entry = this.#entries[0]) {
      if (entry.kind === 'command' && !this.#take(entry.command)) return;
      this.#entries.shift();
      this.#play(entry);
    }
    for (const command of this.#early.splice(0)) this.#differ(`${words(command)} was not recorded`);
  }

  #play(entry: TraceEntry<C>): void {
    if (entry.kind === 'opened') this.#peer.accept();
    if (entry.kind === 'message') this.#peer.push(JSON.stringify(entry.message));
    if (entry.kind === 'unreadable') this.#peer.push(UNREADABLE);
    if (entry.kind === 'lost') this.#peer.lose(entry.code, entry.reason);
  }

  /** Whether the client has said it. Commands of other diagnoses may come in another order. */
  #take(recorded: Command): boolean {
    const index = this.#early.findIndex((said) => isSameKind(said, recorded));
    const [said] = index === -1 ? [] : this.#early.splice(index, 1);
    if (!said) return false;
    const isSame = said.type === 'authenticate' || words(said) === words(recorded);
    if (!isSame) this.#differ(`${words(said)} instead of ${words(recorded)}`);
    return true;
  }
}

function isHeartbeat<C extends Catalogue>(entry: TraceEntry<C>): boolean {
  if (entry.kind === 'command') return entry.command.type === 'ping';
  return entry.kind === 'message' && entry.message.type === 'pong';
}

function isSameKind(a: Command, b: Command): boolean {
  const topicOf = (command: Command) => ('diagnosis_id' in command ? command.diagnosis_id : undefined);
  return a.type === b.type && topicOf(a) === topicOf(b);
}

function words(command: Command): string {
  if (command.type === 'authenticate' || command.type === 'ping') return command.type;
  const after = 'after' in command && command.after !== undefined ? ` after ${command.after}` : '';
  return `${command.type} ${command.diagnosis_id}${after}`;
}

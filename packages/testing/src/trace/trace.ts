import {
  type Catalogue,
  type Command,
  commandSchema,
  createMessageDecoder,
  type ServerMessage,
  type StandardCatalogue,
  catalogue as standardCatalogue,
} from '@vitalwire/protocol';

/** What happened on the connections of a client, in order. It can be written as JSON. */
export interface Trace<C extends Catalogue = StandardCatalogue> {
  readonly version: 1;
  readonly connections: readonly TracedConnection<C>[];
}

/** One connection of a trace. */
export interface TracedConnection<C extends Catalogue = StandardCatalogue> {
  /** Of its address; what followed a question mark is left out. */
  readonly path: string;
  readonly entries: readonly TraceEntry<C>[];
}

/** One thing that happened, so many milliseconds after the first connection was begun. */
export type TraceEntry<C extends Catalogue = StandardCatalogue> = { readonly atMs: number } & (
  | { readonly kind: 'opened' }
  /** The client said it. */
  | { readonly kind: 'command'; readonly command: Command }
  /** The server said it. */
  | { readonly kind: 'message'; readonly message: ServerMessage<C> }
  /** A frame that was no valid message. Nothing of it is kept. */
  | { readonly kind: 'unreadable' }
  /** It ended; with the code of a cut, 1006, nothing was said. */
  | { readonly kind: 'lost'; readonly code: number; readonly reason: string }
);

/**
 * Reads a trace, for example of a file.
 *
 * @throws {TypeError} naming the place where it is none.
 */
export function parseTrace<C extends Catalogue = StandardCatalogue>(
  value: unknown,
  catalogue: C = standardCatalogue as unknown as C,
): Trace<C> {
  const decode = createMessageDecoder(catalogue);
  const { version, connections } = objectAt(value, 'the trace');
  if (version !== 1) throw new TypeError('the trace has another version');
  for (const [number, connection] of listAt(connections, 'connections').entries()) {
    const { path, entries } = objectAt(connection, `connections.${number}`);
    if (typeof path !== 'string') throw new TypeError(`connections.${number}.path is no text`);
    for (const [index, entry] of listAt(entries, `connections.${number}.entries`).entries()) {
      const place = `connections.${number}.entries.${index}`;
      if (!isEntry(objectAt(entry, place))) throw new TypeError(`${place} is no entry of a trace`);
    }
  }
  return value as Trace<C>;

  function isEntry({ kind, atMs, command, message, code, reason }: Record<string, unknown>): boolean {
    if (typeof atMs !== 'number') return false;
    if (kind === 'command') return commandSchema.safeParse(command).success;
    if (kind === 'message') return 'message' in decode(JSON.stringify(message));
    if (kind === 'lost') return typeof code === 'number' && typeof reason === 'string';
    return kind === 'opened' || kind === 'unreadable';
  }
}

function objectAt(value: unknown, place: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new TypeError(`${place} is no object`);
  return value as Record<string, unknown>;
}

function listAt(value: unknown, place: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError(`${place} is no list`);
  return value;
}

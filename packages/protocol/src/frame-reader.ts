import type { Catalogue, StandardCatalogue } from './catalogue.ts';
import type { ServerMessage } from './codec.ts';
import type { MessageDefinition } from './definition.ts';
import type { Position } from './position.ts';
import type { ProtocolError } from './protocol-error.ts';
import { object, type Reader } from './reader.ts';
import { answerReaders, envelopeReaders, placeReaders, publicationReaders } from './wire-readers.ts';

/** The place of a publication in the log of its diagnosis. */
interface Place extends Position {
  readonly diagnosis_id: number;
}

/** A frame that could not be read. A publication keeps its place, so that a reader can go past it. */
export interface UnreadableFrame {
  readonly message?: undefined;
  /** The frame's type, when it is one that the reader does not know. */
  readonly unknownType?: string;
  /** Where it belongs, when that can be read. */
  readonly place?: Place;
  /**
   * What is wrong with it, in zod's words. Loads zod, which reading does without. Rejects when that cannot be loaded, as
   * after a deploy that took it away.
   */
  explain(): Promise<ProtocolError>;
}

/** Reads frames of a server: the message, or what is wrong with it. Never throws. */
export type FrameReader<C extends Catalogue = StandardCatalogue> = (
  text: string,
) => { readonly message: ServerMessage<C> } | UnreadableFrame;

/**
 * Creates a reader that accepts what `createMessageDecoder` accepts, with schemas that were compiled ahead: it is what
 * browsers load, and zod comes only with an own catalogue or when a frame is wrong.
 */
export function createFrameReader<C extends Catalogue = StandardCatalogue>(definitions?: C): FrameReader<C> {
  const publications: [string, Reader][] = definitions
    ? definitions.filter(({ publish }) => publish).map(({ type, data }) => [type, readerOf(data)])
    : Object.entries(publicationReaders);
  const readers = new Map<unknown, Reader>([
    ...publications.map(([type, data]): [string, Reader] => [type, object({ ...envelopeReaders, data })]),
    ...Object.entries(answerReaders),
  ]);
  const isPlace = object(placeReaders);

  return (text) => {
    const value = parse(text);
    const type = (value as { type?: unknown } | null | undefined)?.type;
    const read = readers.get(type);
    if (read?.(value)) return { message: value as ServerMessage<C> };
    return {
      ...(typeof type === 'string' && !read && { unknownType: type }),
      ...(isPlace(value) ? { place: value as Place } : {}),
      explain: () => import('./explain.ts').then(({ explain }) => explain(text, definitions)),
    };
  };
}

/** A reader that leaves what a schema makes of a value. */
function readerOf(schema: MessageDefinition['data']): Reader {
  return (value) => {
    const { data, success } = schema.safeParse(value);
    return success && object({})(value) && Object.assign(value as object, data);
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

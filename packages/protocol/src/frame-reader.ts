import type { Catalogue, StandardCatalogue } from './catalogue.ts';
import type { ServerMessage } from './codec.ts';
import type { MessageDefinition } from './definition.ts';
import type { Position } from './position.ts';
import type { ProtocolError } from './protocol-error.ts';
import { object, optional, type Reader, string } from './reader.ts';
import {
  answerReaders,
  envelopeReaders,
  placeReaders,
  publicationReaders,
  signalReaders,
} from './wire-readers.ts';

/** The place of a publication in the log of its diagnosis. */
interface Place extends Position {
  readonly diagnosis_id: number;
}

/** A frame that could not be read. A publication keeps its place, so that a reader can go past it. */
export interface UnreadableFrame {
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
) => { readonly message: ServerMessage<C> } | { readonly unreadable: UnreadableFrame };

/**
 * Creates a reader that accepts what `createMessageDecoder` accepts, with schemas that were compiled ahead: it is what
 * browsers load, and zod comes only with an own catalogue or when a frame is wrong.
 */
export function createFrameReader<C extends Catalogue = StandardCatalogue>(definitions?: C): FrameReader<C> {
  const envelope = { type: string(), ...envelopeReaders };
  const pong = { ...envelope, diagnosis_id: optional(envelope.diagnosis_id), data: answerReaders.pong };
  const publications: [string, Reader][] = definitions
    ? definitions.filter(({ publish }) => publish).map(({ type, data }) => [type, readerOf(data)])
    : Object.entries(publicationReaders);
  const readers = new Map<unknown, Reader>([
    ...publications.map(([type, data]): [string, Reader] => [
      type,
      object({ ...envelope, ...placeReaders, data }),
    ]),
    ['connect', object({ ...envelope, data: answerReaders.connect })],
    ['pong', object(pong)],
    ...Object.entries(signalReaders),
  ]);
  const readPlace = object({ ...placeReaders, diagnosis_id: envelope.diagnosis_id });
  const isPlaced = (value: unknown): value is Place => Boolean(readPlace(value));

  return (text) => {
    const value = parse(text);
    const type = (value as { type?: unknown } | null | undefined)?.type;
    const read = readers.get(type);
    if (read?.(value)) return { message: value as ServerMessage<C> };
    return {
      unreadable: {
        ...(typeof type === 'string' && !read && { unknownType: type }),
        ...(isPlaced(value) && { place: value }),
        explain: () => import('./explain.ts').then(({ explain }) => explain(text, definitions)),
      },
    };
  };
}

/** A reader that leaves what a schema makes of a value. */
function readerOf(schema: MessageDefinition['data']): Reader {
  return (value) => {
    const { data, success } = schema.safeParse(value);
    if (success) {
      object({})(value);
      Object.assign(value as object, data);
    }
    return success;
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

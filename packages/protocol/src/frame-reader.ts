import type { Catalogue, StandardCatalogue } from './catalogue.ts';
import type { ServerMessage } from './codec.ts';
import { ProtocolError } from './errors.ts';
import type { Position } from './position.ts';
import { INVALID, object, optional, type Reader, string } from './reader.ts';
import {
  answerReaders,
  envelopeReaders,
  placeReaders,
  publicationReaders,
  signalReaders,
} from './wire-readers.ts';

/** A frame that could not be read. A publication keeps its place, so that a reader can go past it. */
export interface UnreadableFrame {
  /** The frame's type, when it is one that the reader does not know. */
  readonly unknownType?: string;
  readonly diagnosisId?: number;
  readonly position?: Position;
  /** What is wrong with it, in zod's words. Loads zod, which reading does without. Never rejects. */
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
  const publication = (data: Reader) => object({ ...envelope, ...placeReaders, data });
  const envelope = { type: string(), ...envelopeReaders };
  const pong = { ...envelope, diagnosis_id: optional(envelope.diagnosis_id), data: answerReaders.pong };
  const publications: [string, Reader][] = definitions
    ? definitions.flatMap(({ type, data, publish }) =>
        publish
          ? [
              [
                type,
                (value) => {
                  const result = data.safeParse(value);
                  return result.success ? result.data : INVALID;
                },
              ],
            ]
          : [],
      )
    : Object.entries(publicationReaders);
  const readers = new Map<unknown, Reader>([
    ...publications.map(([type, data]) => [type, publication(data)] as const),
    ['connect', object({ ...envelope, data: answerReaders.connect })],
    ['pong', object(pong)],
    ...Object.entries(signalReaders),
  ]);
  const place = object({ ...placeReaders, diagnosis_id: envelope.diagnosis_id });

  return (text) => {
    const value = parse(text);
    const type = (value as { type?: unknown } | null | undefined)?.type;
    const read = readers.get(type);
    const message = read?.(value) ?? INVALID;
    if (message !== INVALID) return { message: message as ServerMessage<C> };
    const at = place(value) as (Position & { diagnosis_id: number }) | typeof INVALID;
    return {
      unreadable: {
        ...(typeof type === 'string' && !read && { unknownType: type }),
        ...(at !== INVALID && {
          diagnosisId: at.diagnosis_id,
          position: { epoch: at.epoch, offset: at.offset },
        }),
        explain: () =>
          import('./explain.ts')
            .then(({ explain }) => explain(text, definitions))
            // The module could not be loaded, as after a deploy that took it away.
            .catch(() => new ProtocolError('invalid_message', 'an invalid message')),
      },
    };
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

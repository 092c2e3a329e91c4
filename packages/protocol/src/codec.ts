import * as z from 'zod/mini';
import type {
  Catalogue,
  DataOf,
  PublicationMessage,
  PublicationType,
  StandardCatalogue,
} from './catalogue.ts';
import { COMMAND_TYPES, type Command, commandSchema } from './commands.ts';
import type { MessageDefinition } from './definition.ts';
import { diagnosisIdSchema } from './diagnosis-id.ts';
import { timestampSchema } from './fields.ts';
import { issuesOf } from './issues.ts';
import { parseJson } from './json.ts';
import { POSITION, type Position } from './position.ts';
import { epochSchema, offsetSchema } from './position-schema.ts';
import { type Issue, ProtocolError } from './protocol-error.ts';
import {
  type DisconnectSignal,
  disconnectSignalSchema,
  type ErrorSignal,
  errorSignalSchema,
} from './signals.ts';

/** A `connect` or `pong` as it stands on the wire. */
export type AnswerMessage<Type extends 'connect' | 'pong'> = {
  type: Type;
  diagnosis_id: Type extends 'connect' ? number : number | undefined;
  data: DataOf<Type>;
  timestamp: string;
};

/** Everything that a server says. */
export type ServerMessage<C extends Catalogue = StandardCatalogue> =
  | AnswerMessage<'connect'>
  | AnswerMessage<'pong'>
  | PublicationMessage<PublicationType<C>, C>
  | ErrorSignal
  | DisconnectSignal;

/** A frame that could not be read. A publication keeps its place, so that a reader can go past it. */
export interface InvalidMessage {
  readonly error: ProtocolError;
  readonly diagnosisId?: number;
  readonly position?: Position;
}

/** The schema of one message type as it stands on the wire, envelope included. */
export function messageSchema(definition: MessageDefinition): z.ZodMiniObject {
  const envelope = {
    type: z.literal(definition.type),
    // A pong belongs to the connection, which may carry no topic or many.
    diagnosis_id: definition.type === 'pong' ? z.optional(diagnosisIdSchema) : diagnosisIdSchema,
    data: definition.data,
    timestamp: timestampSchema,
  };
  return z.object(definition.publish ? { ...envelope, epoch: epochSchema, offset: offsetSchema } : envelope);
}

/** Reads frames of a server: the message, or what is wrong with it. Never throws. */
export type MessageDecoder<C extends Catalogue> = (
  text: string,
) => { readonly message: ServerMessage<C> } | { readonly invalid: InvalidMessage };

/** Makes the decoder of a catalogue's messages, and of the signals. */
export function createMessageDecoder<C extends Catalogue>(definitions: C): MessageDecoder<C> {
  const schemas = new Map<unknown, z.ZodMiniObject>(
    definitions.map((definition) => [definition.type, messageSchema(definition)]),
  );
  schemas.set('error', errorSignalSchema);
  schemas.set('disconnect', disconnectSignalSchema);
  return (text) => {
    try {
      // A publication may nest deeper than what was published, by its envelope.
      const value = parseObject(text, Infinity);
      const schema = schemas.get(value['type']);
      if (!schema) return invalid('unknown_message', 'a message of unknown type', value, []);
      const result = schema.safeParse(value);
      return result.success
        ? { message: result.data as ServerMessage<C> }
        : invalid('invalid_message', `an invalid ${String(value['type'])}`, value, issuesOf(result.error));
    } catch (error) {
      return { invalid: { error: error as ProtocolError } };
    }
  };
}

/**
 * Reads a frame of a client.
 *
 * @throws {ProtocolError} `invalid_json`: the frame is no JSON object, which ends the connection;
 * `unknown_command`, `invalid_command`: the frame is refused, the connection goes on.
 */
export function decodeCommand(text: string): Command {
  const value = parseObject(text);
  const usual = usualCommand(value);
  if (usual !== undefined) return usual;
  const result = commandSchema.safeParse(value);
  if (result.success) return result.data;
  if (!COMMAND_TYPES.some((type) => type === value['type'])) {
    throw new ProtocolError('unknown_command', `type must be one of ${COMMAND_TYPES.join(', ')}`);
  }
  const issues = issuesOf(result.error);
  throw new ProtocolError(
    'invalid_command',
    issues.map((issue) => `${issue.path}: ${issue.message}`).join('; '),
    issues,
  );
}

/**
 * What everybody says who comes back, if there is nothing about it that the schema would refuse: asking that takes several
 * times as long, and all come back at once.
 */
function usualCommand({ type, token, diagnosis_id, after }: Record<string, unknown>): Command | undefined {
  if (type === 'authenticate' && typeof token === 'string' && token !== '') return { type, token };
  if (type !== 'subscribe' || !Number.isSafeInteger(diagnosis_id) || Number(diagnosis_id) < 1)
    return undefined;
  const id = diagnosis_id as number;
  if (after === undefined) return { type, diagnosis_id: id };
  return typeof after === 'string' && POSITION.test(after) ? { type, diagnosis_id: id, after } : undefined;
}

/** Writes a frame of a client. */
export function encodeCommand(command: Command): string {
  return JSON.stringify(command);
}

/** Writes a frame of a server that is no publication. */
export function encodeMessage(
  message: AnswerMessage<'connect'> | AnswerMessage<'pong'> | ErrorSignal | DisconnectSignal,
): string {
  return JSON.stringify(message);
}

/** A publication before the log gave it its place. */
export interface UnplacedPublication {
  readonly type: string;
  readonly diagnosis_id: number;
  readonly data: unknown;
  readonly timestamp: string;
}

/** Serialises a publication, once: the log keeps this text, and {@link placePublication} completes it. */
export function serialisePublication({ type, diagnosis_id, data, timestamp }: UnplacedPublication): string {
  return JSON.stringify({ type, diagnosis_id, data, timestamp });
}

/** Completes a serialised publication to its frame, without parsing it. */
export function placePublication(serialised: string, { epoch, offset }: Position): string {
  // The epoch's alphabet needs no escaping.
  return `${serialised.slice(0, -1)},"epoch":"${epoch}","offset":${offset}}`;
}

function parseObject(text: string, maxNesting?: number): Record<string, unknown> {
  const value = parseJson(text, maxNesting);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ProtocolError('invalid_json', 'expected a JSON object');
  }
  return value as Record<string, unknown>;
}

function invalid(code: string, message: string, value: Record<string, unknown>, issues: Issue[]) {
  const place = placeSchema.safeParse(value);
  return {
    invalid: {
      error: new ProtocolError(code, message, issues),
      ...(place.success && {
        diagnosisId: place.data.diagnosis_id,
        position: { epoch: place.data.epoch, offset: place.data.offset },
      }),
    },
  };
}

const placeSchema = z.object({ diagnosis_id: diagnosisIdSchema, epoch: epochSchema, offset: offsetSchema });

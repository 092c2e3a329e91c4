import { type Catalogue, type PublicationDefinition, publicationsOf } from '../catalogue.ts';
import type { Command } from '../commands.ts';
import type { BatchAnswer, BroadcastAnswer, Status } from '../http.ts';
import type { DisconnectSignal, ErrorSignal } from '../signals.ts';
import type { JsonObject } from './json-schema.ts';

const DIAGNOSIS = 123;
const EPOCH = 'Vd2kQ8xw';
const TIMESTAMP = '2026-11-23T09:30:00.000Z';
const KEY = 'measurement-2026-11-23-7';
const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl';

/** The body that publishes the example of a definition. */
export function bodyExample(definition: PublicationDefinition): JsonObject {
  return { diagnosis_id: DIAGNOSIS, ...definition.publish.example };
}

/** A batch with the example of every definition; a retry of the first message is safe. */
export function batchExample(definitions: Catalogue): JsonObject {
  const messages = publicationsOf(definitions).map((definition) => ({
    type: definition.type,
    ...bodyExample(definition),
  }));
  return {
    messages: messages.map((message, i) => (i === 0 ? { ...message, idempotency_key: KEY } : message)),
  };
}

/** The example of a definition as it stands on the wire. */
export function publicationExample({ type, publish }: PublicationDefinition): JsonObject {
  const data = publish.toData(publish.body.parse(publish.example));
  return { type, diagnosis_id: DIAGNOSIS, data, timestamp: TIMESTAMP, epoch: EPOCH, offset: 42 };
}

/** Examples of the messages that are no publications, by type. */
export const answerExamples: Readonly<Record<string, readonly JsonObject[]>> = {
  connect: [
    {
      type: 'connect',
      diagnosis_id: DIAGNOSIS,
      data: {
        message: 'Subscribed to diagnosis 123',
        user_id: '7',
        session_id: '0b8f6c1e',
        epoch: EPOCH,
        offset: 42,
        recovery: { status: 'recovered', from: `${EPOCH}:39`, to: `${EPOCH}:42`, count: 3 },
      },
      timestamp: TIMESTAMP,
    },
    {
      type: 'connect',
      diagnosis_id: DIAGNOSIS,
      data: {
        message: 'Subscribed to diagnosis 123',
        user_id: '7',
        session_id: '0b8f6c1e',
        epoch: EPOCH,
        offset: 42,
        recovery: {
          status: 'gap',
          reason: 'retention',
          last_seen: `${EPOCH}:5`,
          first_available: `${EPOCH}:31`,
          from: `${EPOCH}:30`,
          to: `${EPOCH}:42`,
          count: 12,
        },
      },
      timestamp: TIMESTAMP,
    },
  ],
  pong: [{ type: 'pong', data: { id: 1 }, timestamp: TIMESTAMP }],
};

export const commandExamples: {
  readonly [Type in Command['type']]: readonly Extract<Command, { type: Type }>[];
} = {
  authenticate: [{ type: 'authenticate', token: TOKEN }],
  subscribe: [
    { type: 'subscribe', diagnosis_id: DIAGNOSIS, after: `${EPOCH}:39` },
    { type: 'subscribe', diagnosis_id: DIAGNOSIS },
  ],
  unsubscribe: [{ type: 'unsubscribe', diagnosis_id: DIAGNOSIS }],
  ping: [{ type: 'ping', id: 1 }],
};

export const signalExamples: { readonly error: ErrorSignal; readonly disconnect: DisconnectSignal } = {
  error: {
    type: 'error',
    code: 'access_denied',
    message: 'not your diagnosis',
    diagnosis_id: DIAGNOSIS,
  },
  disconnect: { type: 'disconnect', code: 1012, reason: 'restarting', reconnect: true, retry_after_ms: 5000 },
};

export const broadcastAnswerExample: BroadcastAnswer = {
  status: 'broadcasted',
  diagnosis_id: DIAGNOSIS,
  clients_notified: 2,
  offset: 42,
  epoch: EPOCH,
};

export const batchAnswerExample: BatchAnswer = {
  results: [
    broadcastAnswerExample,
    {
      status: 'refused',
      error: 'invalid_body',
      message: 'the message is not valid',
      issues: [{ path: 'confidence', message: 'expected at most 1' }],
    },
  ],
};

export const statusExample: Status = {
  total_diagnoses: 1,
  total_connections: 2,
  connections_by_diagnosis: { [DIAGNOSIS]: 2 },
  queued_messages_by_diagnosis: { [DIAGNOSIS]: 1 },
};

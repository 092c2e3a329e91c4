// Compiled from the schemas by scripts/compile-readers.ts: change those, then run `pnpm compile`.

import { array, boolean, integer, number, object, openField, optional, string, union } from './reader.ts';

const diagnosisId = integer(1);

const epoch = string(/^[A-Za-z0-9_-]{1,64}$/);

const offset = integer(0, 999999999999999);

const timestamp = string(/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z$/);

const text = string(/^.{1,}$/su);

const recommendation = object({ herb: text, dosage: text, frequency: text }, openField);

const foreignId = union(string(/^.{1,255}$/su), integer());

const share = number(0, 1);

const userId = string(/^.{1,255}$/su);

const position = string(/^[A-Za-z0-9_-]{1,64}:(0|[1-9][0-9]{0,14})$/);

const pingId = union(string(/^.{0,64}$/su), integer());

export const placeReaders = { diagnosis_id: diagnosisId, epoch, offset };

export const envelopeReaders = { type: string(), diagnosis_id: diagnosisId, epoch, offset, timestamp };

export const publicationReaders = {
  recommendation_update: object({
    old_recommendation: recommendation,
    new_recommendation: recommendation,
    reason: text,
    changed_fields: array(string()),
  }),
  effectiveness_update: object({
    recommendation_id: foreignId,
    new_effectiveness: share,
    confidence: share,
    sample_size: integer(0),
    herb: optional(text),
    old_effectiveness: optional(share),
    improvement: optional(number(-1, 1)),
  }),
  feedback_update: object({
    feedback_id: foreignId,
    rating: integer(1, 5),
    effectiveness: share,
    recommendation_id: optional(foreignId),
    comment: optional(string()),
  }),
};

export const answerReaders = {
  connect: object({
    type: string(/^(connect)$/),
    diagnosis_id: diagnosisId,
    data: object({
      message: string(),
      user_id: userId,
      session_id: string(),
      epoch,
      offset,
      recovery: union(
        object({ status: string(/^(fresh|recovered)$/), from: position, to: position, count: offset }),
        object({
          status: string(/^(gap)$/),
          reason: string(/^(retention|epoch_changed|position_unknown)$/),
          last_seen: position,
          first_available: position,
          from: position,
          to: position,
          count: offset,
        }),
      ),
    }),
    timestamp,
  }),
  pong: object({
    type: string(/^(pong)$/),
    diagnosis_id: optional(diagnosisId),
    data: object({ id: optional(pingId) }),
    timestamp,
  }),
  error: object({
    type: string(/^(error)$/),
    code: string(),
    message: string(),
    diagnosis_id: optional(diagnosisId),
  }),
  disconnect: object({
    type: string(/^(disconnect)$/),
    code: integer(),
    reason: string(),
    reconnect: boolean,
    retry_after_ms: optional(integer(0)),
  }),
};

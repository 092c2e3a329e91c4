import { randomUUID } from 'node:crypto';
import type { PublicationType, PublishBody } from '@vitalwire/protocol';
import type { ClinicDatabase } from '../clinic/database.ts';

/** A publication that waits to be sent. */
export interface OutboxRow {
  readonly id: number;
  /** Stays the same over every attempt, so that the server publishes once. */
  readonly key: string;
  readonly type: PublicationType;
  /** The request body. */
  readonly body: string;
  /** How often it was sent without a final answer. */
  readonly attempts: number;
}

/** How a row was answered for good: with its place in the log, or with a refusal that no retry will change. */
export type Outcome = { readonly epoch: string; readonly offset: number } | { readonly refusal: string };

/**
 * What is to be published, in the clinic's own database: a row is written in the same transaction as the records that
 * it tells of, so neither exists without the other, whenever the process dies.
 */
export interface Outbox {
  /** Appends a row and returns its id. Call it inside the transaction of the records. */
  add<Type extends PublicationType>(type: Type, diagnosisId: number, body: PublishBody<Type>): number;
  /** The oldest row that is not settled. */
  next(): OutboxRow | undefined;
  countAttempt(id: number): void;
  settle(id: number, outcome: Outcome): void;
}

export function createOutbox({ sql }: ClinicDatabase): Outbox {
  const insert = sql.prepare(
    'INSERT INTO outbox (idempotency_key, diagnosis_id, type, body) VALUES (?, ?, ?, ?)',
  );
  const oldest = sql.prepare(
    `SELECT id, idempotency_key AS key, type, body, attempts FROM outbox
      WHERE settled_at IS NULL ORDER BY id LIMIT 1`,
  );
  const attempt = sql.prepare('UPDATE outbox SET attempts = attempts + 1 WHERE id = ?');
  const settle = sql.prepare(
    'UPDATE outbox SET settled_at = ?, epoch = ?, "offset" = ?, refusal = ? WHERE id = ?',
  );

  return {
    add(type, diagnosisId, body) {
      const text = JSON.stringify({ diagnosis_id: diagnosisId, ...(body as object) });
      return Number(insert.run(randomUUID(), diagnosisId, type, text).lastInsertRowid);
    },
    next: () => oldest.get() as OutboxRow | undefined,
    countAttempt: (id) => void attempt.run(id),
    settle(id, outcome) {
      const { epoch, offset, refusal } = { epoch: null, offset: null, refusal: null, ...outcome };
      settle.run(new Date().toISOString(), epoch, offset, refusal, id);
    },
  };
}

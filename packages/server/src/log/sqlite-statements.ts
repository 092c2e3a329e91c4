import type { DatabaseSync } from 'node:sqlite';

export interface TopicRow {
  id: number;
  epoch: string;
  top: number;
  first: number;
  last_time: number;
  received: number;
  checksum: number;
}

export interface ReceiptRow {
  epoch: string;
  offset: number;
  checksum: number;
}

export interface KeyRow {
  time: number;
  offset: number;
  memo: string;
  checksum: number;
}

export type Statements = ReturnType<typeof prepareStatements>;

/** Every statement of the log. Values reach them as parameters only. */
export function prepareStatements(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql);
  const run = 'SELECT offset, time, checksum, recipient, last, text FROM publications';
  // It begins at the offset or before it.
  const runAt = prepare(`${run} WHERE topic = ? AND offset <= ? ORDER BY offset DESC LIMIT 1`);
  const runsFrom = prepare(`${run} WHERE topic = ? AND offset >= ? AND offset < ? ORDER BY offset`);
  for (const statement of [runAt, runsFrom]) statement.setReturnArrays(true);
  return {
    begin: prepare('BEGIN IMMEDIATE'),
    commit: prepare('COMMIT'),
    rollback: prepare('ROLLBACK'),

    topic: prepare('SELECT id, epoch, top, first, last_time, received, checksum FROM topics WHERE id = ?'),
    topicsFrom: prepare(
      'SELECT id, epoch, top, first, last_time, received, checksum FROM topics WHERE id > ? ORDER BY id LIMIT ?',
    ),
    topicsUnreceived: prepare(
      'SELECT id, epoch, top, first, last_time, received, checksum FROM topics WHERE received < top AND last_time > ?',
    ),
    putTopic: prepare(
      'INSERT OR REPLACE INTO topics (id, epoch, top, first, last_time, received, checksum) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ),

    putRun: prepare(
      'INSERT INTO publications (topic, offset, time, checksum, recipient, last, text) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ),
    runAt,
    runsFrom,
    // With where the first of them begins, because one before it may reach into the range.
    countFor: prepare(
      `SELECT min(offset) AS first, count(*) + ifnull(sum(min(last, ?) - offset), 0) AS count FROM publications
       WHERE topic = ? AND offset >= ? AND offset <= ? AND (recipient IS NULL OR recipient = ?)`,
    ),
    dropBefore: prepare(
      'DELETE FROM publications WHERE topic = ? AND offset < ? AND ifnull(last, offset) < ?',
    ),

    key: prepare('SELECT time, offset, memo, checksum FROM idempotency_keys WHERE topic = ? AND key = ?'),
    putKey: prepare(
      'INSERT OR REPLACE INTO idempotency_keys (topic, key, time, offset, memo, checksum) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    dropExpiredKeys: prepare(
      `DELETE FROM idempotency_keys WHERE (topic, key) IN
       (SELECT topic, key FROM idempotency_keys WHERE time <= ? ORDER BY time LIMIT ?)`,
    ),

    receipt: prepare('SELECT epoch, offset, checksum FROM receipts WHERE topic = ? AND user = ?'),
    putReceipt: prepare(
      `INSERT INTO receipts (topic, user, epoch, offset, checksum) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET epoch = excluded.epoch, offset = excluded.offset, checksum = excluded.checksum
       WHERE excluded.epoch <> epoch OR excluded.offset > offset`,
    ),

    forget: [
      prepare('DELETE FROM publications WHERE topic = ?'),
      prepare('DELETE FROM idempotency_keys WHERE topic = ?'),
      prepare('DELETE FROM receipts WHERE topic = ?'),
      prepare('DELETE FROM topics WHERE id = ?'),
    ],
  };
}

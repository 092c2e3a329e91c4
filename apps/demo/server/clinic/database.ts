import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS people (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, about TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS sessions (
    hash TEXT PRIMARY KEY, person_id TEXT NOT NULL REFERENCES people, created_at TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS diagnoses (
    id INTEGER PRIMARY KEY, patient_id TEXT NOT NULL REFERENCES people,
    condition TEXT NOT NULL, title TEXT NOT NULL, about TEXT NOT NULL
  ) STRICT;
  -- What is to be published, in this order. A row is settled once it was answered for good.
  CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, idempotency_key TEXT NOT NULL UNIQUE,
    diagnosis_id INTEGER NOT NULL REFERENCES diagnoses, type TEXT NOT NULL, body TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, settled_at TEXT, epoch TEXT, "offset" INTEGER, refusal TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS outbox_open ON outbox (id) WHERE settled_at IS NULL;
  -- In the following tables outbox_id is absent for what existed before the first publication.
  CREATE TABLE IF NOT EXISTS recommendations (
    id INTEGER PRIMARY KEY AUTOINCREMENT, diagnosis_id INTEGER NOT NULL REFERENCES diagnoses,
    course_id INTEGER NOT NULL, herb TEXT NOT NULL, preparation TEXT NOT NULL, dosage TEXT NOT NULL,
    frequency TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL, outbox_id INTEGER REFERENCES outbox
  ) STRICT;
  CREATE TABLE IF NOT EXISTS feedback (
    id INTEGER PRIMARY KEY AUTOINCREMENT, diagnosis_id INTEGER NOT NULL REFERENCES diagnoses,
    course_id INTEGER NOT NULL, rating INTEGER NOT NULL, effectiveness REAL NOT NULL, comment TEXT NOT NULL,
    at TEXT NOT NULL, outbox_id INTEGER REFERENCES outbox
  ) STRICT;
  CREATE TABLE IF NOT EXISTS measurements (
    id INTEGER PRIMARY KEY AUTOINCREMENT, diagnosis_id INTEGER NOT NULL REFERENCES diagnoses,
    course_id INTEGER NOT NULL, herb TEXT NOT NULL, effectiveness REAL NOT NULL, confidence REAL NOT NULL,
    sample_size INTEGER NOT NULL, at TEXT NOT NULL, outbox_id INTEGER REFERENCES outbox
  ) STRICT;
`;

/** The clinic's own database file. */
export interface ClinicDatabase {
  readonly sql: DatabaseSync;
  /** Runs the work in one transaction: all of it is stored, or nothing. Joins a transaction that is open already. */
  transaction<T>(work: () => T): T;
  close(): void;
}

/** Opens the file and creates what is missing, readable for this user only. */
export function openClinicDatabase(path: string): ClinicDatabase {
  closeSync(openSync(path, 'a', 0o600));
  const sql = new DatabaseSync(path);
  // An answered request must survive a power failure as well, so every commit waits for the disk.
  sql.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
  sql.exec(SCHEMA);
  return {
    sql,
    transaction(work) {
      if (sql.isTransaction) return work();
      sql.exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        sql.exec('COMMIT');
        return result;
      } catch (error) {
        if (sql.isTransaction) sql.exec('ROLLBACK');
        throw error;
      }
    },
    close: () => sql.close(),
  };
}

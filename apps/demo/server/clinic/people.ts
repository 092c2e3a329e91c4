import { createHash, randomBytes } from 'node:crypto';
import type { Person } from '../views.ts';
import type { ClinicDatabase } from './database.ts';

/** Who there is, and who is logged in. */
export interface People {
  list(): Person[];
  byId(id: string): Person | undefined;
  /** Logs a person in and returns the secret of the session; `undefined` for nobody known. */
  logIn(personId: string): { person: Person; session: string } | undefined;
  /** The person of a session; `undefined` when there is no such session (any more). */
  bySession(session: string): Person | undefined;
  logOut(session: string): void;
}

export function createPeople({ sql }: ClinicDatabase): People {
  const columns = 'people.id, people.name, people.role, people.about';
  const all = sql.prepare(`SELECT ${columns} FROM people ORDER BY rowid`);
  const one = sql.prepare(`SELECT ${columns} FROM people WHERE id = ?`);
  const begin = sql.prepare('INSERT INTO sessions (hash, person_id, created_at) VALUES (?, ?, ?)');
  const find = sql.prepare(
    `SELECT ${columns} FROM sessions JOIN people ON people.id = sessions.person_id WHERE hash = ?`,
  );
  const end = sql.prepare('DELETE FROM sessions WHERE hash = ?');

  const byId = (id: string) => one.get(id) as Person | undefined;

  return {
    list: () => all.all() as unknown as Person[],
    byId,
    logIn(personId) {
      const person = byId(personId);
      if (person === undefined) return undefined;
      const session = randomBytes(32).toString('base64url');
      begin.run(hashOf(session), personId, new Date().toISOString());
      return { person, session };
    },
    bySession: (session) => find.get(hashOf(session)) as Person | undefined,
    logOut: (session) => void end.run(hashOf(session)),
  };
}

/** Whoever reads the file must not be able to act as somebody who is logged in. */
function hashOf(session: string): string {
  return createHash('sha256').update(session).digest('base64url');
}

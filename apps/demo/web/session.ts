import type { Person } from '../server/views.ts';

/** Who is logged in here. Kept by the tab, so that two tabs can be two people. */
export interface Session {
  readonly person: Person;
  readonly session: string;
}

const KEY = 'sorrel-session';

export function loadSession(): Session | undefined {
  const stored = sessionStorage.getItem(KEY);
  return stored === null ? undefined : (JSON.parse(stored) as Session);
}

export function saveSession(session: Session | undefined): void {
  if (session === undefined) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, JSON.stringify(session));
}

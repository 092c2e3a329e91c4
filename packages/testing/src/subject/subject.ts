import type { TokenContent } from '../tokens.ts';

/** The server of a test, wherever it comes from. What it cannot do it rejects, with the reason. */
export interface Subject extends AsyncDisposable {
  /** Where it is, without the network before it. */
  readonly url: string;
  /** Its time, in milliseconds since 1970. */
  readonly now: number;
  /** What its process wrote. */
  readonly output: string;
  /** A token that it accepts. */
  token(content: TokenContent): Promise<string>;
  kill(): Promise<void>;
  /** Ends it as a deploy does, if it runs, and starts it again on the same data and port. */
  restart(): Promise<void>;
  revoke(userId: string): Promise<void>;
  expireToken(userId: string): Promise<void>;
  evict(diagnosisId: number, keep: number): Promise<void>;
  newEpoch(diagnosisId: number): Promise<void>;
  advance(ms: number): Promise<void>;
}

/** Rejects a verb, naming what it would need. */
export async function refuse(verb: string, need: string): Promise<never> {
  throw new Error(`${verb} needs ${need}`);
}

const OWN = 'a server of the test’s own: leave out `url` and `command`';

/** The verbs that reach into a server, for servers that others made. */
export const CLOSED = {
  revoke: () => refuse('revoke', OWN),
  expireToken: () => refuse('expireToken', OWN),
  evict: () => refuse('evict', OWN),
  newEpoch: () => refuse('newEpoch', OWN),
  advance: () => refuse('clock.advance', OWN),
};

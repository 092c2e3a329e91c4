import type { Recovery } from '@vitalwire/protocol';
import type { Connection } from './connection.ts';

type ConnectionState = Connection['state'];

/** What a connection shows, as it happens: a state, or the text of a frame. */
export type Tap = (kind: 'state' | 'token' | 'in' | 'out', value: unknown) => void;

/** When a connection showed something, in milliseconds since 1970, and what. */
export type Seen = [at: number, ...tapped: Parameters<Tap>];

/** One thing that happened on a connection. `at`: milliseconds since 1970. */
export type InspectionEvent = { readonly at: number } & (
  | { readonly type: 'state'; readonly state: ConnectionState }
  | {
      readonly type: 'frame';
      readonly direction: 'in' | 'out';
      /** UTF-16 code units of its text. */
      readonly length: number;
      /** The frame, without its contents unless they were asked for; `undefined` when it is no JSON object. */
      readonly frame: { readonly [field: string]: unknown } | undefined;
    }
  /** A subscription was answered, and nothing is missing. */
  | { readonly type: 'recovery'; readonly diagnosisId: number; readonly recovery: Recovery }
  /** A subscription was answered, and something is missing; or it went missing while connected. */
  | { readonly type: 'gap'; readonly diagnosisId: number; readonly recovery: Recovery }
  /**
   * How long something took. `token`, `open`, `authenticated` and `live` (of one diagnosis) count from the beginning of
   * the attempt to connect, `round_trip` from a ping to its pong.
   */
  | {
      readonly type: 'timing';
      readonly timing: 'token' | 'open' | 'authenticated' | 'live' | 'round_trip';
      readonly ms: number;
      readonly diagnosisId?: number;
    }
);

/** Options of `client.inspect`. */
export interface InspectOptions {
  /** Shows what publications say. Tokens are never shown. @default false */
  contents?: boolean;
}

/**
 * Shows a listener what happens from now on. What makes sense of it is loaded only now; what happens until it is there
 * is not lost.
 */
export function inspect(
  connection: Connection,
  report: (error: unknown) => void,
  listener: (event: InspectionEvent) => void,
  options: InspectOptions = {},
): () => void {
  const early: Seen[] = [];
  let take = (...seen: Seen) => {
    early.push(seen);
  };
  const tap: Tap = (...tapped) => take(Date.now(), ...tapped);
  const { taps } = connection;
  taps.add(tap);
  tap('state', connection.state);
  import('./inspector.ts').then(({ createInspector }) => {
    // Also what was early may come after the end.
    take = createInspector((event) => taps.has(tap) && listener(event), report, options);
    for (const seen of early) take(...seen);
  }, report);
  return () => {
    taps.delete(tap);
  };
}

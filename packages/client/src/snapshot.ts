import { formatAfter, type Position, parsePosition } from '@vitalwire/protocol';
import type { Gap, HandlerContext } from './continuity.ts';

/** A state, and the place in the log up to which it contains everything. */
export interface Snapshot<State = unknown> {
  readonly state: State;
  /**
   * Publications after it are handed out on top. Read it no later than the state: what a state holds already may come
   * again, what it does not hold must. `'earliest'`: nothing is known to be contained.
   */
  readonly position: Position | 'earliest';
}

/** Why a snapshot is asked for. */
export interface SnapshotRequest {
  readonly diagnosisId: number;
  /** The gap that it has to bridge; `undefined` at the beginning. */
  readonly gap: Gap | undefined;
  /** Ends when nobody waits for the snapshot any more, also after `timeoutMs`. Give it to `fetch`. */
  readonly signal: AbortSignal;
}

/** Options of a subscription that begins with a state, and gets a new one after each gap. */
export interface SnapshotOptions<State = unknown> {
  /**
   * Reads the state of a diagnosis from the backend. Called when the subscription begins and after each gap; tried again
   * with backoff when it fails, when it takes longer than `timeoutMs`, and when publications after its position are gone. An
   * error with `temporary: false` and a `code`, such as a `ClientError`, ends this subscription: it stops with the code.
   */
  loadSnapshot: (request: SnapshotRequest) => Snapshot<State> | Promise<Snapshot<State>>;
  /** Takes the state over. It is awaited before publications after the snapshot's position are handed out. */
  onSnapshot: (state: State, snapshot: Snapshot<State>, context: HandlerContext) => unknown;
}

/** Loads a snapshot, as long as `life` lasts and no longer than `timeoutMs`. */
export async function loadSnapshot(
  load: SnapshotOptions['loadSnapshot'],
  request: Omit<SnapshotRequest, 'signal'>,
  timeoutMs: number,
  life: AbortSignal,
): Promise<Snapshot> {
  const signal = AbortSignal.any([life, AbortSignal.timeout(timeoutMs)]);
  const over = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
  // Also what throws at once, or nobody would hear that the time is over.
  const loaded = (async () => load({ ...request, signal }))();
  const snapshot = await Promise.race([loaded, over]);
  const start = formatAfter(snapshot.position);
  if (start !== 'earliest' && !parsePosition(start)) throw new TypeError('a snapshot without a position');
  return snapshot;
}

import type { Continuity } from '@vitalwire/client';
import { type Position, parsePosition, type Recovery } from '@vitalwire/protocol';
import type { RecordedRecovery } from '@vitalwire/server/verify';

/** A recovery of the wire, as histories hold it. */
export function recordedRecovery(recovery: Recovery): RecordedRecovery {
  const { status, from, to, count } = recovery;
  const span = { status, from: position(from), to: position(to), count };
  if (recovery.status !== 'gap') return span;
  const { reason, last_seen, first_available } = recovery;
  return { ...span, reason, lastSeen: position(last_seen), firstAvailable: position(first_available) };
}

/** The same of what a client made of it. */
export function recordedContinuity(continuity: Continuity): RecordedRecovery {
  if (continuity.status !== 'live') return continuity;
  const { fresh, ...span } = continuity;
  return { ...span, status: fresh ? 'fresh' : 'recovered' };
}

/** A text that is no position becomes one in an epoch that no log has. */
function position(text: string): Position {
  return parsePosition(text) ?? { epoch: `(no position: ${text})`, offset: 0 };
}

import type { Gap } from '@vitalwire/client';
import type { Visit } from '../live/visit.ts';
import { GAP_REASONS } from '../words.ts';

/** Messages that can no longer be had, said openly. */
export function Gaps({ visit: { gaps } }: { visit: Visit }) {
  if (gaps.length === 0) return null;
  return (
    <ul className="gaps">
      {gaps.map((gap) => (
        <li
          key={`${gap.diagnosisId}:${gap.lastSeen.epoch}:${gap.lastSeen.offset}:${gap.from.offset}`}
          data-testid="gap"
          data-diagnosis={gap.diagnosisId}
          data-reason={gap.reason}
          data-last-seen={gap.lastSeen.offset}
          data-first-available={gap.firstAvailable.offset}
        >
          <b>Gap in no. {gap.diagnosisId}</b> {extentOf(gap)} {GAP_REASONS[gap.reason]} The page has loaded
          the clinic’s records anew.
        </li>
      ))}
    </ul>
  );
}

/** Which messages are gone, where that can be told: offsets of two epochs cannot be compared. */
function extentOf({ lastSeen, firstAvailable }: Gap): string {
  if (lastSeen.epoch !== firstAvailable.epoch) return '';
  const [first, last] = [lastSeen.offset + 1, firstAvailable.offset - 1];
  if (last < first) return '';
  return first === last ? `Message ${first} is gone.` : `Messages ${first} to ${last} are gone.`;
}

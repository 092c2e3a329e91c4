import type { Visit } from '../live/visit.ts';
import { headline, when } from '../words.ts';
import { OriginTag } from './origin-tag.tsx';

/** Every message that arrived since the page was opened, the newest first. */
export function Arrivals({ visit }: { visit: Visit }) {
  const arrivals = visit.arrivals.toSorted(
    (a, b) => b.timestamp.localeCompare(a.timestamp) || b.offset - a.offset,
  );
  if (arrivals.length === 0) {
    return <p className="hint">Nothing yet. Messages appear here as they arrive.</p>;
  }
  return (
    <ol className="arrivals" data-testid="arrivals">
      {arrivals.map((publication) => (
        <li
          key={`${publication.diagnosis_id}:${publication.epoch}:${publication.offset}`}
          className={publication.recovered ? 'recovered' : 'live'}
          data-testid="arrival"
          data-diagnosis={publication.diagnosis_id}
          data-offset={publication.offset}
          data-recovered={publication.recovered}
          data-type={publication.type}
        >
          <span className="arrival-place">
            {publication.diagnosis_id} <b>{publication.offset}</b>
          </span>
          <span className="arrival-text">{headline(publication)}</span>
          <span className="arrival-when">
            <OriginTag recovered={publication.recovered} /> {when(publication.timestamp)}
          </span>
        </li>
      ))}
    </ol>
  );
}

import { useEffect, useRef, useState } from 'react';
import type { Visit } from '../live/visit.ts';
import { headline } from '../words.ts';

/** Long enough that a burst of arrivals becomes one sentence. */
const SETTLE_MS = 500;

/** Tells screen readers what arrived. */
export function Announcer({ visit }: { visit: Visit }) {
  const [sentence, setSentence] = useState('');
  const told = useRef({ arrived: 0, recovered: 0 });
  const { arrivals, arrived, recovered } = visit;
  const newest = arrivals.toSorted((a, b) => a.timestamp.localeCompare(b.timestamp)).at(-1);
  const last = newest && headline(newest);

  useEffect(() => {
    const timer = setTimeout(() => {
      const count = arrived - told.current.arrived;
      const missed = recovered - told.current.recovered;
      told.current = { arrived, recovered };
      if (count <= 0) return;
      const counted = count === 1 ? 'One message arrived' : `${count} messages arrived`;
      setSentence(`${counted}${missed > 0 ? `, ${missed} of them recovered` : ''}. ${last}.`);
    }, SETTLE_MS);
    return () => clearTimeout(timer);
  }, [arrived, recovered, last]);

  return (
    <p className="visually-hidden" aria-live="polite" data-testid="announcer">
      {sentence}
    </p>
  );
}

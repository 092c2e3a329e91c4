import type { DiagnosisState, Recommendation } from '../../server/views.ts';
import { changedFields } from '../live/diagnosis-state.ts';
import { when } from '../words.ts';

const SHOWN = 4;

/** How the recommendation changed, the newest first, with the fields that changed marked. */
export function RecommendationLedger({ diagnosis }: { diagnosis: DiagnosisState }) {
  const { recommendations } = diagnosis;
  const entries = recommendations.map((after, index) => ({ after, before: recommendations[index - 1] }));
  return (
    <ol className="ledger" data-testid={`ledger-${diagnosis.id}`}>
      {entries
        .slice(-SHOWN)
        .toReversed()
        .map(({ before, after }, index) => (
          <LedgerEntry
            key={`${after.at}:${after.herb}:${after.dosage}`}
            before={before}
            after={after}
            current={index === 0}
          />
        ))}
    </ol>
  );
}

interface LedgerEntryProps {
  readonly before: Recommendation | undefined;
  readonly after: Recommendation;
  readonly current: boolean;
}

function LedgerEntry({ before, after, current }: LedgerEntryProps) {
  const changed = before === undefined ? new Set<string>() : changedFields(before, after);
  return (
    <li className={current ? 'current' : ''} data-testid="ledger-entry">
      <p>
        {(['herb', 'dosage', 'frequency'] as const).map((field) =>
          before !== undefined && changed.has(field) ? (
            <span key={field} className={`ledger-${field}`}>
              <del>{before[field]}</del> <ins data-testid={`changed-${field}`}>{after[field]}</ins>
            </span>
          ) : (
            <span key={field} className={`ledger-${field}`}>
              {after[field]}
            </span>
          ),
        )}
      </p>
      <p className="soft">
        {after.reason}, {when(after.at)}
      </p>
    </li>
  );
}

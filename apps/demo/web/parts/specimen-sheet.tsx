import type { AnyPublication, Publication } from '@vitalwire/client';
import type { DiagnosisState } from '../../server/views.ts';
import { HerbDrawing } from '../herbarium/herb-drawing.tsx';
import { habitOf } from '../herbarium/herbs.ts';
import { currentOf } from '../live/diagnosis-state.ts';
import { dayOf, when } from '../words.ts';
import { OriginTag } from './origin-tag.tsx';

type Change = Publication<'recommendation_update'>;

interface SpecimenSheetProps {
  readonly diagnosis: DiagnosisState;
  readonly arrivals: readonly AnyPublication[];
}

/** The current recommendation as a sheet of a herbarium. A change that arrived here is marked field by field. */
export function SpecimenSheet({ diagnosis, arrivals }: SpecimenSheetProps) {
  const { herb, preparation, dosage, frequency, reason, at } = currentOf(diagnosis);
  const change = arrivals.findLast((one): one is Change => one.type === 'recommendation_update');
  return (
    <article className="sheet" data-testid="recommendation" aria-labelledby="sheet-herb">
      <div className="sheet-plant">
        <HerbDrawing key={herb} herb={herb} />
      </div>
      <div className="sheet-label">
        <p className="eyebrow">Recommended for you</p>
        <h2 id="sheet-herb">
          <Marked name="herb" value={herb} change={change} />
        </h2>
        <p className="latin">{habitOf(herb)?.latin}</p>
        <dl>
          <Field label="Dosage" name="dosage" value={dosage} change={change} />
          <Field label="Frequency" name="frequency" value={frequency} change={change} />
          <Field label="Preparation" name="preparation" value={preparation} change={change} />
        </dl>
        <p className="sheet-reason">
          {reason}. <span className="soft">Since {dayOf(at)}</span>
        </p>
        {change && (
          <p className="sheet-change" data-testid="recommendation-change">
            <OriginTag recovered={change.recovered} /> Changed at {when(change.timestamp)}
          </p>
        )}
      </div>
    </article>
  );
}

interface FieldProps {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  readonly change: Change | undefined;
}

function Field({ label, ...field }: FieldProps) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        <Marked {...field} />
      </dd>
    </div>
  );
}

/** A value; when the change touched it, with its old value struck out. */
function Marked({ name, value, change }: Omit<FieldProps, 'label'>) {
  const changed = change?.data.changed_fields.includes(name) ?? false;
  const old = changed ? change?.data.old_recommendation[name] : undefined;
  return (
    <>
      {typeof old === 'string' && old !== value && <del>{old}</del>}{' '}
      {changed ? (
        <ins key={value} data-testid={`recommendation-${name}`} data-changed="true">
          {value}
        </ins>
      ) : (
        <span data-testid={`recommendation-${name}`} data-changed="false">
          {value}
        </span>
      )}
    </>
  );
}

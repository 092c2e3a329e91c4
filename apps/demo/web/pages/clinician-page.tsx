import type { DiagnosisState } from '../../server/views.ts';
import { useApi } from '../live/api-context.ts';
import { currentOf } from '../live/diagnosis-state.ts';
import { useClinicDiagnosis } from '../live/use-clinic-diagnosis.ts';
import { arrivalsOf, type Visit } from '../live/visit.ts';
import { AdjustForm } from '../parts/adjust-form.tsx';
import { EffectivenessChart } from '../parts/effectiveness-chart.tsx';
import { FeedbackList } from '../parts/feedback-list.tsx';
import { RecommendationLedger } from '../parts/recommendation-ledger.tsx';
import { percent } from '../words.ts';

interface ClinicianPageProps {
  readonly diagnosisIds: readonly number[];
  readonly visit: Visit;
}

export function ClinicianPage({ diagnosisIds, visit }: ClinicianPageProps) {
  return (
    <main className="clinic">
      <header className="page-head">
        <p className="eyebrow">Clinician’s desk</p>
        <h1>Diagnoses under treatment</h1>
        <p>
          Each feedback is a new measurement. The line is the effectiveness in percent, the area around it
          holds the true one with a probability of 80 %: more reports make it narrow.
        </p>
      </header>
      {diagnosisIds.map((id) => (
        <Case key={id} diagnosisId={id} visit={visit} />
      ))}
    </main>
  );
}

function Case({ diagnosisId, visit }: { diagnosisId: number; visit: Visit }) {
  const api = useApi();
  const { diagnosis } = useClinicDiagnosis(diagnosisId).data ?? {};
  if (diagnosis === undefined)
    return <p className="hint">Loading the records of diagnosis {diagnosisId} …</p>;
  const { title, patientName, measurements, failingBelow } = diagnosis;
  return (
    <section
      className="card case"
      data-testid={`case-${diagnosisId}`}
      aria-labelledby={`case-${diagnosisId}`}
    >
      <header className="case-head">
        <div>
          <p className="eyebrow">
            No. {diagnosisId}, {patientName}
          </p>
          <h2 id={`case-${diagnosisId}`}>{title}</h2>
        </div>
        <Effectiveness diagnosis={diagnosis} />
      </header>
      <EffectivenessChart diagnosisId={diagnosisId} measurements={measurements} failingBelow={failingBelow} />
      <div className="case-columns">
        <div>
          <h3>Feedback</h3>
          <FeedbackList diagnosis={diagnosis} arrivals={arrivalsOf(visit, diagnosisId)} />
        </div>
        <div>
          <h3>Recommendations</h3>
          <RecommendationLedger diagnosis={diagnosis} />
          <AdjustForm
            diagnosisId={diagnosisId}
            current={currentOf(diagnosis)}
            onAdjust={(form) => api.adjust(diagnosisId, form)}
          />
        </div>
      </div>
    </section>
  );
}

/** The last measurement, unless it is of a herb that was replaced since. */
function Effectiveness({ diagnosis }: { diagnosis: DiagnosisState }) {
  const { herb } = currentOf(diagnosis);
  const last = diagnosis.measurements.at(-1);
  const known = last?.herb === herb ? last : undefined;
  return (
    <p className="effectiveness">
      <span>{herb}</span>
      <b data-testid={`effectiveness-${diagnosis.id}`}>{known ? percent(known.effectiveness) : '–'}</b>
      <small>
        {known
          ? `confidence ${percent(known.confidence)}, ${known.sampleSize} reports`
          : 'not measured yet, no reports'}
      </small>
    </p>
  );
}

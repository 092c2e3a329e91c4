import type { DiagnosisSummary, Person } from '../../server/views.ts';
import { useApi } from '../live/api-context.ts';
import { currentOf } from '../live/diagnosis-state.ts';
import { useClinicDiagnosis } from '../live/use-clinic-diagnosis.ts';
import { arrivalsOf, type Visit } from '../live/visit.ts';
import { AccessDenied } from '../parts/access-denied.tsx';
import { FeedbackForm } from '../parts/feedback-form.tsx';
import { SpecimenSheet } from '../parts/specimen-sheet.tsx';

interface PatientPageProps {
  readonly person: Person;
  /** The diagnoses that this person may see; `undefined` until that is known. */
  readonly listed: readonly DiagnosisSummary[] | undefined;
  readonly visit: Visit;
  readonly diagnosisId: number;
}

export function PatientPage({ person, listed, visit, diagnosisId }: PatientPageProps) {
  const own = listed?.filter(({ patientId }) => patientId === person.id) ?? [];
  return (
    <main className="patient">
      {own.length > 1 && (
        <nav className="tabs" aria-label="Your diagnoses">
          {own.map(({ id, title }) => (
            <a key={id} href={`#/patient/${id}`} aria-current={id === diagnosisId ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
      )}
      {listed && <Diagnosis diagnosisId={diagnosisId} visit={visit} own={own.length > 0} />}
    </main>
  );
}

interface DiagnosisProps {
  readonly diagnosisId: number;
  readonly visit: Visit;
  readonly own: boolean;
}

function Diagnosis({ diagnosisId, visit, own }: DiagnosisProps) {
  const api = useApi();
  const { data, error } = useClinicDiagnosis(diagnosisId);
  const { diagnosis, refusal } = data ?? {};
  if (diagnosis === undefined) {
    if (!error) return <p className="hint">Loading the records of diagnosis {diagnosisId} …</p>;
    return <AccessDenied diagnosisId={diagnosisId} reason={error.code} refusal={refusal} own={own} />;
  }
  return (
    <>
      <header className="page-head">
        <p className="eyebrow">
          Diagnosis {diagnosis.id}, {diagnosis.patientName}
        </p>
        <h1>{diagnosis.title}</h1>
        <p>{diagnosis.about}</p>
      </header>
      <SpecimenSheet diagnosis={diagnosis} arrivals={arrivalsOf(visit, diagnosisId)} />
      <FeedbackForm
        key={diagnosis.id}
        herb={currentOf(diagnosis).herb}
        onSend={(form) => api.giveFeedback(diagnosis.id, form)}
      />
    </>
  );
}

import type { Person } from '../../server/views.ts';
import type { Api } from '../api.ts';
import { currentOf } from '../live/diagnosis-state.ts';
import type { TopicView } from '../live/live-feed.ts';
import { AccessDenied, refusalOf } from '../parts/access-denied.tsx';
import { FeedbackForm } from '../parts/feedback-form.tsx';
import { SpecimenSheet } from '../parts/specimen-sheet.tsx';

interface PatientPageProps {
  readonly person: Person;
  readonly api: Api;
  readonly topics: readonly TopicView[];
  readonly diagnosisId: number;
}

export function PatientPage({ person, api, topics, diagnosisId }: PatientPageProps) {
  const topic = topics.find((one) => one.diagnosisId === diagnosisId);
  const own = topics.filter(({ diagnosis }) => diagnosis?.patientId === person.id);
  return (
    <main className="patient">
      {own.length > 1 && (
        <nav className="tabs" aria-label="Your diagnoses">
          {own.map(({ diagnosisId: id, diagnosis }) => (
            <a key={id} href={`#/patient/${id}`} aria-current={id === diagnosisId ? 'page' : undefined}>
              {diagnosis?.title}
            </a>
          ))}
        </nav>
      )}
      {topic && <Diagnosis topic={topic} api={api} own={own.length > 0} />}
    </main>
  );
}

function Diagnosis({ topic, api, own }: { topic: TopicView; api: Api; own: boolean }) {
  const { diagnosis } = topic;
  if (diagnosis === undefined) {
    if (refusalOf(topic) !== undefined) return <AccessDenied topic={topic} own={own} />;
    return <p className="hint">Loading the records of diagnosis {topic.diagnosisId} …</p>;
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
      <SpecimenSheet topic={topic} diagnosis={diagnosis} />
      <FeedbackForm
        key={diagnosis.id}
        herb={currentOf(diagnosis).herb}
        onSend={(form) => api.giveFeedback(diagnosis.id, form)}
      />
    </>
  );
}

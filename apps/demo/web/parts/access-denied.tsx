import type { TopicView } from '../live/live-feed.ts';

/** Why a subscription was stopped for good; `undefined` while it is not. */
export function refusalOf({ state }: TopicView): string | undefined {
  return state.name === 'stopped' && state.reason !== 'closed' && state.reason !== 'unsubscribed'
    ? state.reason
    : undefined;
}

/** What somebody sees who may not follow a diagnosis. */
export function AccessDenied({ topic, own }: { topic: TopicView; own: boolean }) {
  const reason = refusalOf(topic) ?? 'refused';
  return (
    <section
      className="card denied"
      role="alert"
      data-testid={reason === 'access_denied' ? 'access-denied' : 'subscription-refused'}
      data-diagnosis={topic.diagnosisId}
      data-reason={reason}
    >
      <h2>{reason === 'access_denied' ? 'Access denied' : 'Refused'}</h2>
      <p>
        Diagnosis {topic.diagnosisId} is not yours. The live server refused the subscription with{' '}
        <code>{reason}</code>, and the clinic’s records say: {topic.refusal ?? 'nothing'}.
      </p>
      <p>
        {own
          ? 'Your own diagnoses stay live beside it, over the same connection.'
          : 'Your token is genuine. It proves who you are, and you own no diagnosis.'}
      </p>
      <p className="button-row">
        Try another one:{' '}
        {[101, 102, 103].map((id) => (
          <a key={id} className="button" href={`#/patient/${id}`}>
            No. {id}
          </a>
        ))}
      </p>
    </section>
  );
}

interface AccessDeniedProps {
  readonly diagnosisId: number;
  /** Why the live server refused. */
  readonly reason: string;
  /** What the clinic's records say. */
  readonly refusal: string | undefined;
  /** Whether this person has diagnoses of their own. */
  readonly own: boolean;
}

/** What somebody sees who may not follow a diagnosis. */
export function AccessDenied({ diagnosisId, reason, refusal, own }: AccessDeniedProps) {
  return (
    <section
      className="card denied"
      role="alert"
      data-testid={reason === 'access_denied' ? 'access-denied' : 'subscription-refused'}
      data-diagnosis={diagnosisId}
      data-reason={reason}
    >
      <h2>{reason === 'access_denied' ? 'Access denied' : 'Refused'}</h2>
      <p>
        Diagnosis {diagnosisId} is not yours. The live server refused the subscription with{' '}
        <code>{reason}</code>, and the clinic’s records say: {refusal ?? 'nothing'}.
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

import type { AnyPublication } from '@vitalwire/client';
import type { Recommendation as WireRecommendation } from '@vitalwire/protocol';
import type { DiagnosisState, Feedback, Measurement, Recommendation } from '../../server/views.ts';

/** A diagnosis after one more publication. */
export function apply(diagnosis: DiagnosisState, publication: AnyPublication): DiagnosisState {
  return { ...diagnosis, ...changeBy(diagnosis, publication) };
}

function changeBy(diagnosis: DiagnosisState, publication: AnyPublication): Partial<DiagnosisState> {
  const at = publication.timestamp;
  switch (publication.type) {
    case 'feedback_update': {
      const { feedback_id: id, rating, effectiveness, comment = '' } = publication.data;
      const added: Feedback = { id, rating, effectiveness, comment, at };
      return { feedback: [...diagnosis.feedback.filter((one) => one.id !== id), added] };
    }
    case 'effectiveness_update': {
      const { data } = publication;
      const added: Measurement = {
        courseId: data.recommendation_id,
        herb: data.herb ?? currentOf(diagnosis).herb,
        effectiveness: data.new_effectiveness,
        confidence: data.confidence,
        sampleSize: data.sample_size,
        at,
      };
      return { measurements: [...diagnosis.measurements, added] };
    }
    case 'recommendation_update': {
      const { new_recommendation, reason } = publication.data;
      const added: Recommendation = { ...remedyOf(new_recommendation), reason, at };
      return { recommendations: [...diagnosis.recommendations, added] };
    }
  }
}

/** The recommendation that counts. */
export function currentOf({ recommendations }: DiagnosisState): Recommendation {
  return recommendations.at(-1) ?? recommendations[0];
}

/** Names of the fields in which a recommendation differs from the one before it. */
export function changedFields(before: Recommendation, after: Recommendation): ReadonlySet<string> {
  const fields = ['herb', 'preparation', 'dosage', 'frequency'] as const;
  return new Set(fields.filter((field) => before[field] !== after[field]));
}

function remedyOf({ herb, dosage, frequency, ...more }: WireRecommendation) {
  const { preparation } = more;
  return { herb, dosage, frequency, preparation: typeof preparation === 'string' ? preparation : '' };
}

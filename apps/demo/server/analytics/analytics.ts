import type { ClinicDatabase } from '../clinic/database.ts';
import { FORMULARY, initialRemedy, otherRegimen } from '../clinic/formulary.ts';
import type { CourseRecommendation, Diagnosis, Records } from '../clinic/records.ts';
import type { AdjustmentForm, Feedback, FeedbackForm, Remedy } from '../views.ts';
import { FAILING_BELOW, isFailing, nextHerb } from './advice.ts';
import { type Estimate, estimate } from './effectiveness.ts';
import type { Outbox } from './outbox.ts';

export interface AnalyticsOptions {
  readonly database: ClinicDatabase;
  readonly records: Records;
  readonly outbox: Outbox;
  /** Called after rows were added to the outbox. */
  readonly onAdded: () => void;
}

/**
 * Draws conclusions from what patients report: measures each herb, and recommends another one when it fails. What is
 * concluded is stored together with the publications that tell of it.
 */
export class Analytics {
  readonly #options: AnalyticsOptions;

  constructor(options: AnalyticsOptions) {
    this.#options = options;
  }

  /** Stores a feedback with everything that follows from it. */
  takeFeedback(diagnosis: Diagnosis, form: FeedbackForm): Feedback {
    return this.#commit(() => this.#take(diagnosis, form).feedback);
  }

  /** Changes dosage or frequency of the current recommendation; the herb stays. */
  adjust(diagnosis: Diagnosis, { dosage, frequency, reason }: AdjustmentForm): void {
    this.#commit(() => {
      const current = this.#currentOf(diagnosis);
      this.#recommend(diagnosis, current, { ...current, dosage, frequency }, reason);
    });
  }

  /**
   * What another day at the clinic brings: somebody's feedback, the new measurement, and a change of the
   * recommendation. These are three publications, one of each type.
   */
  simulate(diagnosis: Diagnosis, form: FeedbackForm): void {
    this.#commit(() => {
      if (this.#take(diagnosis, form).changed) return;
      const current = this.#currentOf(diagnosis);
      const adjusted = otherRegimen(diagnosis.condition, current);
      this.#recommend(diagnosis, current, adjusted, 'Adjusted at the weekly review');
    });
  }

  #take(diagnosis: Diagnosis, form: FeedbackForm): { feedback: Feedback; changed: boolean } {
    const { records, outbox } = this.#options;
    const current = this.#currentOf(diagnosis);
    const { courseId } = current;
    const added = { ...form, at: new Date().toISOString() };
    const id = records.addFeedback({ diagnosisId: diagnosis.id }, { courseId, ...added });
    const outboxId = outbox.add('feedback_update', diagnosis.id, {
      feedback_id: id,
      rating: form.rating,
      effectiveness: form.effectiveness,
      recommendation_id: courseId,
      ...(form.comment !== '' && { comment: form.comment }),
    });
    records.linkFeedback(id, outboxId);

    const measured = this.#measure(diagnosis, current);
    return { feedback: { id, ...added }, changed: this.#replaceIfFailing(diagnosis, current, measured) };
  }

  #measure(diagnosis: Diagnosis, { courseId, herb }: CourseRecommendation): Estimate {
    const { records, outbox } = this.#options;
    const measured = estimate(records.observations(courseId));
    const before = records.lastMeasured(diagnosis.id).find((one) => one.courseId === courseId);
    const outboxId = outbox.add('effectiveness_update', diagnosis.id, {
      recommendation_id: courseId,
      herb,
      new_effectiveness: measured.effectiveness,
      confidence: measured.confidence,
      sample_size: measured.sampleSize,
      ...(before && { old_effectiveness: before.effectiveness }),
    });
    const at = new Date().toISOString();
    records.addMeasurement({ diagnosisId: diagnosis.id, outboxId }, { courseId, herb, ...measured, at });
    return measured;
  }

  #replaceIfFailing(diagnosis: Diagnosis, current: CourseRecommendation, measured: Estimate): boolean {
    if (!isFailing(measured)) return false;
    const { records } = this.#options;
    const tried = new Map(records.lastMeasured(diagnosis.id).map((one) => [one.herb, one.effectiveness]));
    const next = nextHerb(FORMULARY[diagnosis.condition], current.herb, tried);
    if (next === undefined) return false;
    const least = `${FAILING_BELOW * 100} %`;
    const reason = `${current.herb} fell below ${least} in ${measured.sampleSize} reports`;
    this.#recommend(diagnosis, current, initialRemedy(next), reason);
    return true;
  }

  #recommend(diagnosis: Diagnosis, before: CourseRecommendation, after: Remedy, reason: string): void {
    const { records, outbox } = this.#options;
    const outboxId = outbox.add('recommendation_update', diagnosis.id, {
      old_data: { ...remedyOf(before) },
      new_data: { ...remedyOf(after) },
      reason,
    });
    const courseId = after.herb === before.herb ? before.courseId : records.nextCourseId();
    const recommendation = { courseId, ...remedyOf(after), reason, at: new Date().toISOString() };
    records.addRecommendation({ diagnosisId: diagnosis.id, outboxId }, recommendation);
  }

  #currentOf({ id }: Diagnosis): CourseRecommendation {
    const current = this.#options.records.current(id);
    if (current === undefined) throw new Error(`diagnosis ${id} has no recommendation`);
    return current;
  }

  #commit<T>(work: () => T): T {
    const result = this.#options.database.transaction(work);
    this.#options.onAdded();
    return result;
  }
}

function remedyOf({ herb, preparation, dosage, frequency }: Remedy): Remedy {
  return { herb, preparation, dosage, frequency };
}

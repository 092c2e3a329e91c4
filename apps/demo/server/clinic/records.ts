import type { Position } from '@vitalwire/protocol';
import type { Observation } from '../analytics/effectiveness.ts';
import type { DiagnosisSummary, Feedback, Measurement, Recommendation } from '../views.ts';
import type { ClinicDatabase } from './database.ts';
import type { Condition } from './formulary.ts';

export interface Diagnosis extends DiagnosisSummary {
  readonly condition: Condition;
  readonly about: string;
}

/** A recommendation together with the course of treatment that it belongs to. */
export interface CourseRecommendation extends Recommendation {
  readonly courseId: number;
}

/** Where a record belongs, and the outbox row that publishes it; absent for what is never published. */
export interface Filed {
  readonly diagnosisId: number;
  readonly outboxId?: number;
}

/** How much of the feedback and of the measurements a snapshot shows. */
const SNAPSHOT_ROWS = 60;

/** The clinic's records: what is known of each diagnosis. */
export type Records = ReturnType<typeof createRecords>;

export function createRecords({ sql }: ClinicDatabase) {
  const diagnosisColumns = `diagnoses.id, title, condition, diagnoses.about,
    patient_id AS patientId, people.name AS patientName`;
  const diagnoses = `SELECT ${diagnosisColumns} FROM diagnoses JOIN people ON people.id = patient_id`;
  const one = sql.prepare(`${diagnoses} WHERE diagnoses.id = ?`);
  const all = sql.prepare(`${diagnoses} ORDER BY diagnoses.id`);

  // A snapshot shows what has been published, so that it fits the position that is handed out with it.
  const published = `(outbox_id IS NULL OR EXISTS
    (SELECT 1 FROM outbox WHERE outbox.id = outbox_id AND settled_at IS NOT NULL))`;
  const newest = (table: string, columns: string, only: string) =>
    `SELECT ${columns} FROM ${table} WHERE diagnosis_id = ? AND ${only} ORDER BY id DESC LIMIT ?`;
  const remedy = 'herb, preparation, dosage, frequency, reason, at';
  const recommendationsOf = sql.prepare(newest('recommendations', remedy, published));
  const latestRecommendation = sql.prepare(
    newest('recommendations', `course_id AS courseId, ${remedy}`, 'true'),
  );
  const feedbackOf = sql.prepare(newest('feedback', 'id, rating, effectiveness, comment, at', published));
  const measured = 'course_id AS courseId, herb, effectiveness, confidence, sample_size AS sampleSize, at';
  const measurementsOf = sql.prepare(newest('measurements', measured, published));
  const latestByHerb = sql.prepare(
    `SELECT ${measured} FROM measurements WHERE id IN
      (SELECT max(id) FROM measurements WHERE diagnosis_id = ? GROUP BY herb)`,
  );
  const observationsOf = sql.prepare(
    'SELECT rating, effectiveness FROM feedback WHERE course_id = ? ORDER BY id',
  );
  const positionOf = sql.prepare(
    `SELECT epoch, "offset" FROM outbox
      WHERE diagnosis_id = ? AND settled_at IS NOT NULL AND epoch IS NOT NULL ORDER BY id DESC LIMIT 1`,
  );
  const openOf = sql.prepare('SELECT 1 FROM outbox WHERE diagnosis_id = ? AND settled_at IS NULL LIMIT 1');

  const insertRecommendation = sql.prepare(
    `INSERT INTO recommendations (diagnosis_id, outbox_id, course_id, herb, preparation, dosage, frequency, reason, at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertFeedback = sql.prepare(
    `INSERT INTO feedback (diagnosis_id, outbox_id, course_id, rating, effectiveness, comment, at)
      VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertMeasurement = sql.prepare(
    `INSERT INTO measurements (diagnosis_id, outbox_id, course_id, herb, effectiveness, confidence, sample_size, at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const linkFeedback = sql.prepare('UPDATE feedback SET outbox_id = ? WHERE id = ?');
  const nextCourse = sql.prepare('SELECT coalesce(max(course_id), 0) + 1 AS id FROM recommendations');

  const rows = <T>(found: unknown): T[] => (found as T[]).reverse();

  return {
    diagnosis: (id: number) => one.get(id) as Diagnosis | undefined,
    diagnoses: () => all.all() as unknown as Diagnosis[],

    /** Recommendations that have been published, the oldest first. */
    recommendations: (id: number) => rows<Recommendation>(recommendationsOf.all(id, -1)),
    feedback: (id: number) => rows<Feedback>(feedbackOf.all(id, SNAPSHOT_ROWS)),
    measurements: (id: number) => rows<Measurement>(measurementsOf.all(id, SNAPSHOT_ROWS)),
    /** The place of the newest publication that was made of these records. */
    position(id: number): Position | undefined {
      const { epoch, offset } = positionOf.get(id) ?? {};
      return epoch === undefined ? undefined : { epoch: String(epoch), offset: Number(offset) };
    },
    /** Whether something of these records is still to be published, or may have been without an answer so far. */
    isPublishing: (id: number) => openOf.get(id) !== undefined,

    /** The recommendation that counts, published or not. */
    current: (id: number) => latestRecommendation.get(id, 1) as CourseRecommendation | undefined,
    observations: (courseId: number) => observationsOf.all(courseId) as unknown as Observation[],
    /** The last measurement of each herb that was tried. */
    lastMeasured: (id: number) => latestByHerb.all(id) as unknown as Measurement[],

    nextCourseId: () => Number(nextCourse.get()?.['id']),
    addRecommendation({ diagnosisId, outboxId }: Filed, added: CourseRecommendation): void {
      const { courseId, herb, preparation, dosage, frequency, reason, at } = added;
      const filed = [diagnosisId, outboxId ?? null] as const;
      insertRecommendation.run(...filed, courseId, herb, preparation, dosage, frequency, reason, at);
    },
    /** Returns the id of the feedback, which its publication needs; see {@link linkFeedback}. */
    addFeedback(
      { diagnosisId, outboxId }: Filed,
      added: Omit<Feedback, 'id'> & { courseId: number },
    ): number {
      const { courseId, rating, effectiveness, comment, at } = added;
      const filed = [diagnosisId, outboxId ?? null] as const;
      const { lastInsertRowid } = insertFeedback.run(...filed, courseId, rating, effectiveness, comment, at);
      return Number(lastInsertRowid);
    },
    linkFeedback: (feedbackId: number, outboxId: number) => void linkFeedback.run(outboxId, feedbackId),
    addMeasurement({ diagnosisId, outboxId }: Filed, added: Measurement): void {
      const { courseId, herb, effectiveness, confidence, sampleSize, at } = added;
      const filed = [diagnosisId, outboxId ?? null] as const;
      insertMeasurement.run(...filed, courseId, herb, effectiveness, confidence, sampleSize, at);
    },
  };
}

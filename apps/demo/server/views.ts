import type { Position } from '@vitalwire/protocol';

/** What the page and the backend say to each other over REST. Times are ISO 8601 in UTC, shares go from 0 to 1. */

/** Somebody one can log in as. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly role: 'patient' | 'clinician' | 'stranger';
  /** One sentence for the log-in card. */
  readonly about: string;
}

/** The answer to a log-in. */
export interface Login {
  readonly person: Person;
  /** Proves the log-in to this backend; it is no Vitalwire token. */
  readonly session: string;
  /** A JWT for the live connection. */
  readonly token: string;
}

/** What a patient takes. These are the fields that travel in a `recommendation_update`. */
export interface Remedy {
  readonly herb: string;
  readonly preparation: string;
  readonly dosage: string;
  readonly frequency: string;
}

/** A remedy with the reason why it is recommended. */
export interface Recommendation extends Remedy {
  readonly reason: string;
  readonly at: string;
}

export interface Feedback {
  readonly id: number | string;
  readonly rating: number;
  readonly effectiveness: number;
  readonly comment: string;
  readonly at: string;
}

/** How effective a course was, measured after one more feedback. */
export interface Measurement {
  /** The course of treatment with one herb; a change of dosage or frequency belongs to the same course. */
  readonly courseId: number | string;
  readonly herb: string;
  readonly effectiveness: number;
  /** 1 minus the width of the interval in which the effectiveness probably lies. */
  readonly confidence: number;
  readonly sampleSize: number;
  readonly at: string;
}

export interface DiagnosisSummary {
  readonly id: number;
  readonly title: string;
  readonly patientId: string;
  readonly patientName: string;
}

/** What the clinic knows of a diagnosis, as far as it has been published. */
export interface DiagnosisState extends DiagnosisSummary {
  readonly about: string;
  /** Every recommendation, the oldest first; the last one counts. */
  readonly recommendations: readonly [Recommendation, ...Recommendation[]];
  /** The newest feedback, the oldest first. */
  readonly feedback: readonly Feedback[];
  /** The newest measurements, the oldest first. */
  readonly measurements: readonly Measurement[];
  /** With enough reports, an effectiveness below this leads to another herb. */
  readonly failingBelow: number;
}

/** The answer of `GET /api/diagnoses/:id`: what a live page begins with. */
export interface DiagnosisSnapshot {
  readonly state: DiagnosisState;
  /** Everything that was published of this up to here is contained in the state, and nothing after it. */
  readonly position: Position | 'earliest';
}

/** The body of `POST /api/diagnoses/:id/feedback`. */
export interface FeedbackForm {
  readonly rating: number;
  readonly effectiveness: number;
  readonly comment: string;
}

/** The body of `POST /api/diagnoses/:id/recommendation`. */
export interface AdjustmentForm {
  readonly dosage: string;
  readonly frequency: string;
  readonly reason: string;
}

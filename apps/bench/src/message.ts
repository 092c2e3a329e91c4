/** The id of the first diagnosis; all ids have the same length, and so have all messages. */
const FIRST_DIAGNOSIS = 100_001;

/** Digits of a stamp: microseconds of a clock that all processes of the machine share. */
export const STAMP_DIGITS = 16;

/** The diagnosis of a topic's index. */
export function diagnosisOf(topic: number): number {
  return FIRST_DIAGNOSIS + topic;
}

/** The index of a diagnosis. */
export function topicOf(diagnosis: number): number {
  return diagnosis - FIRST_DIAGNOSIS;
}

/** Microseconds of the clock that all processes of the machine share. */
export function nowMicros(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

/**
 * What is published: an effectiveness update. `sample_size` carries its sequence, which counts 1, 2, 3 … in each topic;
 * `recommendation_id` carries when it was published.
 */
export function bodyOf(sequence: number, stamp: number) {
  return {
    recommendation_id: String(stamp).padStart(STAMP_DIGITS, '0'),
    new_effectiveness: 0.75,
    confidence: 0.9,
    sample_size: sequence,
    herb: 'Mint',
  };
}

/** The message that a server without a log sends: the same fields as Vitalwire's, and as many bytes. */
export function messageOf(topic: number, sequence: number, stamp: number) {
  return {
    type: 'effectiveness_update',
    diagnosis_id: diagnosisOf(topic),
    data: bodyOf(sequence, stamp),
    timestamp: new Date().toISOString(),
    epoch: 'Vd2kQ8xwVd2kQ8xw',
    offset: sequence,
  };
}

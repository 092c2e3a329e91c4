import type { PublishBody } from '@vitalwire/protocol';
import type { Frame } from './raw-client.ts';

/** A valid feedback that carries a number, by which tests tell publications apart. */
export function feedback(number: number, more: object = {}): PublishBody<'feedback_update'> {
  return { feedback_id: number, rating: 4, effectiveness: 0.8, ...more };
}

/** The numbers that {@link feedback} put into publications. */
export function numbersOf(frames: readonly Frame[]): unknown[] {
  return frames.filter(isPublication).map(({ data }) => (data as { feedback_id?: unknown }).feedback_id);
}

export function offsetsOf(frames: readonly Frame[], diagnosisId?: number): number[] {
  return frames
    .filter(
      (frame) => isPublication(frame) && (diagnosisId === undefined || frame.diagnosis_id === diagnosisId),
    )
    .map(({ offset }) => Number(offset));
}

function isPublication({ offset }: Frame): boolean {
  return offset !== undefined;
}

/** The integers from `first` to `last`. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}

import type { Recovery } from '@vitalwire/protocol';

const EPOCH = 'e1';

/** A `connect` as the server sends it; `count` publications follow from `from` to `to`. */
export function connectMessage(
  diagnosisId: number,
  recovery: Partial<Recovery> & { from?: string; to?: string; count?: number } = {},
) {
  const to = recovery.to ?? recovery.from ?? `${EPOCH}:0`;
  return {
    type: 'connect',
    diagnosis_id: diagnosisId,
    data: {
      message: 'subscribed',
      user_id: 'ann',
      session_id: 's1',
      epoch: to.split(':')[0],
      offset: Number(to.split(':')[1]),
      recovery: { status: 'recovered', from: to, to, count: 0, ...recovery },
    },
    timestamp: '2026-01-02T03:04:05.678Z',
  };
}

/** A `feedback_update` at an offset; its `feedback_id` repeats the offset. */
export function feedback(
  diagnosisId: number,
  offset: number,
  fields: { epoch?: string; data?: object; type?: string } = {},
) {
  return {
    type: 'feedback_update',
    diagnosis_id: diagnosisId,
    data: { feedback_id: offset, rating: 4, effectiveness: 0.8 },
    timestamp: '2026-01-02T03:04:05.678Z',
    epoch: EPOCH,
    offset,
    ...fields,
  };
}

// Judging a history

export type { AccessBounds } from './access.ts';
export { Checker, type CheckOptions, check } from './check.ts';
export { formatReport } from './format-report.ts';
export type { Guards } from './guards.ts';
// Recording one
export { type HistoryEvent, monotonicNow, type RecordedRecovery, type SubscriberKind } from './history.ts';
export { HistoryWriter, mergeHistories, type Recorded, type Recorder, readHistory } from './history-file.ts';
export type { Liveness } from './liveness.ts';
export {
  digestOf,
  effectivenessPayload,
  feedbackPayload,
  type PayloadFacts,
  readPayload,
} from './payload.ts';
export type { Counts, Report } from './report.ts';
export { type Violation, type ViolationKind, violationKinds } from './violations.ts';

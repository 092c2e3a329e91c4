export {
  type HistoryEvent,
  monotonicNow,
  type RecordedRecovery,
  type SubscriberKind,
} from './history.ts';
export { HistoryWriter, mergeHistories, type Recorded, type Recorder, readHistory } from './history-file.ts';
export {
  digestOf,
  effectivenessPayload,
  feedbackPayload,
  type PayloadFacts,
  readPayload,
} from './payload.ts';

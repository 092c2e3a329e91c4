// Wire: positions, messages, commands, signals

export {
  type Catalogue,
  catalogue,
  type DataOf,
  type PublicationDefinition,
  type PublicationMessage,
  type PublicationType,
  type PublishBody,
  publicationsOf,
  type StandardCatalogue,
} from './catalogue.ts';
// Codec: text frame ↔ validated message
export {
  type AnswerMessage,
  createMessageDecoder,
  decodeCommand,
  encodeCommand,
  encodeMessage,
  type InvalidMessage,
  type MessageDecoder,
  messageSchema,
  placePublication,
  type ServerMessage,
  serialisePublication,
  type UnplacedPublication,
} from './codec.ts';
// Codes and errors
export {
  type AfterClose,
  afterClose,
  type CloseReason,
  closeCodeOf,
  closeCodes,
  type ErrorCode,
  errorCodes,
} from './codes.ts';
export { COMMAND_TYPES, type Command, commandSchema } from './commands.ts';
export { compileSchema, type Validate } from './compile.ts';
// Catalogue: what message types there are, and how to add one
export {
  defineAnswer,
  definePublication,
  type MessageDefinition,
  type ObjectSchema,
  type Publishing,
} from './definition.ts';
export { type DiagnosisId, diagnosisIdSchema, parseDiagnosisId } from './diagnosis-id.ts';
export { VitalwireError } from './errors.ts';
export { createFrameReader, type FrameReader, type UnreadableFrame } from './frame-reader.ts';
// HTTP
export {
  addressSchema,
  BATCH_PATH,
  type BatchAnswer,
  type BatchResult,
  type BroadcastAnswer,
  batchAnswerSchema,
  batchBodySchema,
  batchMessageSchema,
  batchResultSchema,
  batchSchema,
  broadcastAnswerSchema,
  broadcastBodySchema,
  broadcastPath,
  type ErrorBody,
  errorBodySchema,
  IDEMPOTENCY_HEADER,
  idempotencyKeySchema,
  MAX_BATCH_MESSAGES,
  type Status,
  statusSchema,
} from './http.ts';
export { issuesOf } from './issues.ts';
export { MAX_NESTING, nestsTooDeep, parseJson } from './json.ts';
export { connect } from './messages/connect.ts';
export { effectivenessUpdate } from './messages/effectiveness-update.ts';
export { feedbackUpdate } from './messages/feedback-update.ts';
export { pong } from './messages/pong.ts';
export {
  type Recommendation,
  recommendationSchema,
  recommendationUpdate,
} from './messages/recommendation-update.ts';
export {
  type After,
  formatAfter,
  formatPosition,
  type Position,
  parseAfter,
  parsePosition,
  type SymbolicStart,
} from './position.ts';
export { afterSchema, epochSchema, offsetSchema, positionSchema } from './position-schema.ts';
export { type Issue, ProtocolError } from './protocol-error.ts';
export { type GapReason, gapReasonSchema, type Recovery, recoverySchema } from './recovery.ts';
export {
  type DisconnectSignal,
  disconnectSignalSchema,
  type ErrorSignal,
  errorSignalSchema,
} from './signals.ts';
export { SUBPROTOCOL, WIRE_VERSION } from './version.ts';

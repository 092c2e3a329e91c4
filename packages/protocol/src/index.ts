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
// Catalogue: what message types there are, and how to add one
export {
  defineAnswer,
  definePublication,
  type MessageDefinition,
  type ObjectSchema,
  type Publishing,
} from './definition.ts';
export { type DiagnosisId, diagnosisIdSchema, parseDiagnosisId } from './diagnosis-id.ts';
export { type Issue, issuesOf, ProtocolError, VitalwireError } from './errors.ts';
// HTTP
export {
  addressSchema,
  type BroadcastAnswer,
  broadcastAnswerSchema,
  broadcastBodySchema,
  broadcastPath,
  type ErrorBody,
  errorBodySchema,
  IDEMPOTENCY_HEADER,
  idempotencyKeySchema,
  type Status,
  statusSchema,
} from './http.ts';
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
  afterSchema,
  epochSchema,
  formatAfter,
  formatPosition,
  offsetSchema,
  type Position,
  parseAfter,
  parsePosition,
  positionSchema,
  type SymbolicStart,
} from './position.ts';
export { type GapReason, gapReasonSchema, type Recovery, recoverySchema } from './recovery.ts';
export {
  type DisconnectSignal,
  disconnectSignalSchema,
  type ErrorSignal,
  errorSignalSchema,
} from './signals.ts';
export { SUBPROTOCOL, WIRE_VERSION } from './version.ts';

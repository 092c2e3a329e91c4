// Record what passed between a client and a server, and replay it: `@vitalwire/testing/trace`. It runs in browsers as well.

export type { OpenTransport, Transport, TransportListener } from '@vitalwire/client/transport';
export { recordTransport } from './record-transport.ts';
export { Replay, type ReplayPeer } from './replay.ts';
export { parseTrace, type Trace, type TracedConnection, type TraceEntry } from './trace.ts';
export { type RecordingOptions, TraceRecorder } from './trace-recorder.ts';

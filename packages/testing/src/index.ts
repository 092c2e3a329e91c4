// Messages with one mistake

export { type Invalid, invalidBodies, invalidMessages } from './invalid/invalid-messages.ts';
export type { IssueCode } from './invalid/spoil.ts';

// A network that can be made bad

export type { Direction, Harm } from './network/conditions.ts';
export { Network } from './network/network.ts';
export { type Target, TcpProxy } from './network/tcp-proxy.ts';

// Publishing

export { exampleBody } from './publish/example-body.ts';
export type { Publish, Published } from './publish/publish.ts';
export { createPublish, type PublishTarget } from './publish/publish-by-http.ts';

// Servers

export type { ServerSettings } from './server/calls.ts';
export { CapturedLogger, type LogLine } from './server/captured-logger.ts';
export { InProcessServer, type InProcessServerOptions } from './server/in-process-server.ts';
export { type CallHandlers, type ServeProcessOptions, serveProcess } from './server/serve-process.ts';
export { ServerProcess, type ServerProcessOptions } from './server/server-process.ts';
export { SteeredClock } from './server/steered-clock.ts';

// Tokens

export { backendToken, SECRET, type TokenContent, tokenOf, unsignedToken } from './tokens.ts';

// Waiting

export { until, within } from './within.ts';

// A server in memory, for unit tests: `import { FakeServer } from '@vitalwire/testing/fake'`. It runs in browsers as well.

export type { OpenTransport, Transport, TransportListener } from '@vitalwire/client/transport';
export type { Publish, Published } from '../publish/publish.ts';
export { FakeConnection } from './fake-connection.ts';
export { FakeServer, type FakeServerOptions } from './fake-server.ts';

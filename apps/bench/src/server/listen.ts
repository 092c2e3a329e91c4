import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';

/** As many as Linux lets wait to be accepted: a storm is not to measure connections that have to try again. */
const BACKLOG = 4_096;

/** Listens on a free port of the loopback. */
export async function listen(server: Server): Promise<number> {
  server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

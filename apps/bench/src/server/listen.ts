import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { BACKLOG } from './target.ts';

/** Listens on a free port of the loopback. */
export async function listen(server: Server): Promise<number> {
  server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

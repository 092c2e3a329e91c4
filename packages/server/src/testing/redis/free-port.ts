import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Far below the ports that systems give to outgoing connections: one of those could take it during a restart. */
const LOWEST = 10_000;
const HIGHEST = 21_999;

/** A node of a cluster listens to the other nodes that far above its port. */
const BUS_DISTANCE = 10_000;

/** A port of 127.0.0.1 that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(LOWEST, HIGHEST + 1);
    if ((await isFree(port)) && (await isFree(port + BUS_DISTANCE))) return port;
  }
  throw new Error(`no free port between ${LOWEST} and ${HIGHEST}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

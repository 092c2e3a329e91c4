import { mkdirSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getRequestListener } from '@hono/node-server';
import { createServer, signToken, sqliteLog } from '@vitalwire/server';
import { Analytics } from './analytics/analytics.ts';
import { createOutbox } from './analytics/outbox.ts';
import { OutboxPublisher } from './analytics/publisher.ts';
import { authorizeByRecords } from './clinic/access.ts';
import { type ClinicDatabase, openClinicDatabase } from './clinic/database.ts';
import { createPeople } from './clinic/people.ts';
import { createRecords } from './clinic/records.ts';
import { seed } from './clinic/seed.ts';
import { createRest } from './rest/app.ts';
import { readOrCreateSecret } from './secret.ts';
import type { Settings } from './settings.ts';

/** The demo while it runs. */
export interface Demo {
  /** Address to open in a browser. */
  readonly url: string;
  /** A token that may publish to every diagnosis, for a day. */
  readonly publishToken: string;
  /** Ends everything; what was accepted is stored. */
  close(): Promise<void>;
}

const HOUR_S = 60 * 60;

/**
 * Starts the clinic: its REST interface and page, the Vitalwire server beside them on the same port, and the analytics,
 * which publishes over HTTP as a backend on another machine would. Rejects with the system's error, such as
 * `EADDRINUSE`, before it touches the data.
 */
export async function startDemo(settings: Settings): Promise<Demo> {
  const http = createHttpServer();
  const url = await listen(http, settings);
  // From here to the return nothing waits, so no request arrives before somebody listens to it.
  try {
    return { url, ...(await serve(http, url, settings)) };
  } catch (error) {
    http.close();
    throw error;
  }
}

async function serve(http: Server, url: string, settings: Settings): Promise<Omit<Demo, 'url'>> {
  const { dataFolder, tokenSeconds, retention } = settings;
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const secret = readOrCreateSecret(join(dataFolder, 'token-secret'));
  const log = sqliteLog({
    path: join(dataFolder, 'vitalwire.db'),
    retention: { publications: retention },
  });
  const database = openClinicDatabase(join(dataFolder, 'clinic.db'));
  const records = createRecords(database);
  const people = createPeople(database);
  seed(database, records);

  const outbox = createOutbox(database);
  const publisher = new OutboxPublisher({
    outbox,
    server: url,
    getToken: () =>
      signToken({ secret, sub: 'analytics', scope: 'broadcast', expiresInSeconds: tokenSeconds }),
    onFailure: ({ type, attempts }, error, retryMs) => {
      const next = retryMs === undefined ? 'given up' : `again in ${retryMs} ms`;
      console.error(`publishing ${type}, attempt ${attempts + 1}: ${error}; ${next}`);
    },
  });
  const rest = createRest({
    people,
    records,
    analytics: new Analytics({ database, records, outbox, onAdded: () => publisher.wake() }),
    tokenFor: ({ id }) => signToken({ secret, sub: id, expiresInSeconds: tokenSeconds }),
    topOf: async (diagnosisId) => {
      const { epoch, top } = await log.state(diagnosisId);
      return { epoch, offset: top };
    },
    webFolder: webFolder(),
  });
  const vitalwire = createServer({
    auth: { secret },
    authorize: authorizeByRecords(records, people.byId),
    log,
  });
  http.on('request', getRequestListener(rest.fetch));
  vitalwire.attach(http);
  publisher.start();

  let closing: Promise<void> | undefined;
  return {
    publishToken: await signToken({
      secret,
      sub: 'visitor',
      scope: 'broadcast',
      expiresInSeconds: 24 * HOUR_S,
    }),
    close() {
      closing ??= close(http, publisher, () => vitalwire.close(), database);
      return closing;
    },
  };
}

async function close(
  http: Server,
  publisher: OutboxPublisher,
  closeVitalwire: () => Promise<void>,
  database: ClinicDatabase,
): Promise<void> {
  await publisher.stop();
  await closeVitalwire();
  const closed = new Promise((resolve) => http.close(resolve));
  http.closeAllConnections();
  await closed;
  database.close();
}

function listen(http: Server, { port, host }: Settings): Promise<string> {
  return new Promise((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, host, () => {
      http.off('error', reject);
      resolve(addressOf(http.address() as AddressInfo));
    });
  });
}

/** An address that a browser on this machine can open, also when the server listens on every interface. */
function addressOf({ address, family, port }: AddressInfo): string {
  if (address === '0.0.0.0' || address === '::') return `http://localhost:${port}`;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/** The built page lies beside the built server; the sources are one folder away from it. */
function webFolder(): string {
  const relative = import.meta.url.endsWith('.ts') ? '../dist/web' : '../web';
  return fileURLToPath(new URL(relative, import.meta.url));
}

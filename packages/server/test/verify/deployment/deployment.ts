import { once } from 'node:events';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { createServer, memoryLog, signToken } from '../../../src/index.ts';
import { SECRET } from '../../support/tokens.ts';

export const DIAGNOSIS = 999_999_999;

/** A deployment at `/realtime`, over TLS if there is a certificate. Returns its address. */
export async function deployment(certificate?: { key: string; cert: string }): Promise<string> {
  const server = createServer({ auth: { secret: SECRET }, log: memoryLog() });
  const http = certificate ? createHttpsServer(certificate) : createHttpServer();
  server.attach(http, { basePath: '/realtime' });
  onTestFinished(async () => {
    await server.close();
    await closed(http);
  });
  return `${certificate ? 'https' : 'http'}://localhost:${await listening(http)}/realtime`;
}

export async function listening(server: Server): Promise<number> {
  server.listen(0, 'localhost');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

export async function closed(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}

/** A token that may verify, unless claims say otherwise. */
export function verifierToken(claims: Partial<Parameters<typeof signToken>[0]> = {}): Promise<string> {
  return signToken({
    secret: SECRET,
    sub: 'verify',
    diagnoses: [DIAGNOSIS],
    scope: 'broadcast',
    expiresInSeconds: 3_600,
    ...claims,
  });
}

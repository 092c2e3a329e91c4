import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Catalogue, StandardCatalogue } from '@vitalwire/protocol';
import {
  createServer,
  memoryLog,
  type ServerOptions,
  sqliteLog,
  type VitalwireServer,
} from '@vitalwire/server';
import { CapturedLogger } from './captured-logger.ts';
import { RawClient, type RawClientOptions } from './raw-client.ts';
import { SECRET, tokenOf } from './tokens.ts';

type Retention = NonNullable<Parameters<typeof memoryLog>[0]>['retention'];

export interface TestServerOptions<C extends Catalogue> extends Partial<ServerOptions<C>> {
  retention?: Retention;
  /** The file of a SQLite log. @default a memory log */
  path?: string | undefined;
}

/** A server in this process, on a free port, with what it logs. */
export class TestServer<C extends Catalogue = StandardCatalogue> implements AsyncDisposable {
  readonly server: VitalwireServer<C>;
  readonly url: string;
  readonly port: number;
  readonly logger: CapturedLogger;

  private constructor(
    server: VitalwireServer<C>,
    address: { url: string; port: number },
    logger: CapturedLogger,
  ) {
    this.server = server;
    this.url = address.url;
    this.port = address.port;
    this.logger = logger;
  }

  static async start<const C extends Catalogue = StandardCatalogue>(
    { retention, path, ...options }: TestServerOptions<C> = {},
    port = 0,
  ): Promise<TestServer<C>> {
    const logger = new CapturedLogger();
    const kept = retention === undefined ? {} : { retention };
    const log = path === undefined ? memoryLog(kept) : sqliteLog({ path, ...kept });
    const server = createServer<C>({ auth: { secret: SECRET }, logger, log, ...options });
    return new TestServer(server, await server.listen({ port }), logger);
  }

  get broadcast(): VitalwireServer<C>['broadcast'] {
    return this.server.broadcast;
  }

  /** A plain client of one diagnosis, its `connect` still to be read. */
  async plain(
    diagnosisId: number,
    { sub = 'patient', ...options }: RawClientOptions & { sub?: string; after?: string } = {},
  ): Promise<RawClient> {
    return RawClient.plain(this.url, diagnosisId, {
      token: await tokenOf({ sub, diagnoses: [diagnosisId] }),
      ...options,
    });
  }

  /** An SDK-like client that has authenticated. */
  async client(
    diagnoses: readonly number[],
    { sub = 'patient', ...options }: RawClientOptions & { sub?: string } = {},
  ): Promise<RawClient> {
    return RawClient.authenticated(this.url, await tokenOf({ sub, diagnoses }), options);
  }

  close(): Promise<void> {
    return this.server.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
  }
}

/** A folder that is removed at the end. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'vitalwire-e2e-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

import type { Catalogue, StandardCatalogue } from '@vitalwire/protocol';
import {
  createServer,
  memoryLog,
  type Retention,
  type ServerOptions,
  sqliteLog,
  type VitalwireServer,
} from '@vitalwire/server';
import { SECRET } from '../tokens.ts';
import { CapturedLogger } from './captured-logger.ts';

/** Options of {@link InProcessServer.start}: those of `createServer`, and what is usual in tests. */
export interface InProcessServerOptions<C extends Catalogue = StandardCatalogue>
  extends Partial<ServerOptions<C>> {
  /** How much is kept. @default as the server's */
  retention?: Partial<Retention>;
  /** The file of a SQLite log. @default a memory log */
  path?: string | undefined;
}

/** A server that listens, and what it logs. */
interface Opened<C extends Catalogue> {
  readonly server: VitalwireServer<C>;
  readonly url: string;
  readonly port: number;
  readonly logger: CapturedLogger;
}

/** A server in this process, on a free port. Its tokens are those of `tokenOf`. */
export class InProcessServer<C extends Catalogue = StandardCatalogue> implements Opened<C>, AsyncDisposable {
  readonly server: VitalwireServer<C>;
  readonly url: string;
  readonly port: number;
  readonly logger: CapturedLogger;

  protected constructor({ server, url, port, logger }: Opened<C>) {
    this.server = server;
    this.url = url;
    this.port = port;
    this.logger = logger;
  }

  /** Starts a server. Port 0 takes a free one. */
  static async start<const C extends Catalogue = StandardCatalogue>(
    options: InProcessServerOptions<C> = {},
    port = 0,
  ): Promise<InProcessServer<C>> {
    return new InProcessServer(await InProcessServer.open(options, port));
  }

  protected static async open<C extends Catalogue>(
    { retention, path, ...options }: InProcessServerOptions<C>,
    port: number,
  ): Promise<Opened<C>> {
    const logger = new CapturedLogger();
    const kept = retention === undefined ? {} : { retention };
    const log = path === undefined ? memoryLog(kept) : sqliteLog({ path, ...kept });
    const server = createServer<C>({ auth: { secret: SECRET }, logger, log, ...options });
    return { server, logger, ...(await server.listen({ port })) };
  }

  get broadcast(): VitalwireServer<C>['broadcast'] {
    return this.server.broadcast;
  }

  close(): Promise<void> {
    return this.server.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
  }
}

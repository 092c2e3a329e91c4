import { RedisProcess } from './process.ts';

export interface RedisServerOptions {
  /** @default a free one */
  readonly port?: number;
  /** How often it writes its append-only file to the disk. @default there is no such file, and nothing survives */
  readonly appendfsync?: 'always' | 'everysec' | 'no';
  /** Its data, kept in the end. @default a temporary folder, removed in the end */
  readonly folder?: string;
  /** More arguments of `redis-server`, such as `['--maxmemory', '50mb']`. */
  readonly args?: readonly string[];
}

/** A Redis of one's own: it can be killed, paused, and started again with its data. */
export class RedisServer extends RedisProcess {
  /** @throws when there is no Redis on the PATH, or it does not start; the message has what it said. */
  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const { appendfsync, ...others } = options;
    const configuration = [
      'save ""',
      ...(appendfsync === undefined ? ['appendonly no'] : ['appendonly yes', `appendfsync ${appendfsync}`]),
      'repl-diskless-sync-delay 0', // replicas follow at once, and not after 5 s
    ];
    const server = new RedisServer(await RedisProcess.folder(options), { ...others, configuration });
    await server.begin();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }
}

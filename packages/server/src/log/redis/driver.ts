import type { RedisClientOptions } from '@redis/client';
import type { Address, Host } from './address.ts';

/** What is used of the Redis client, alike for one server and for a cluster. */
export interface Driver {
  connect(): Promise<unknown>;
  /** The key decides which server of a cluster answers. */
  send(key: string, args: string[]): Promise<unknown>;
  subscribe(channel: string, listener: (message: string) => void): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
  onFailure(listener: (error: Error) => void): void;
  /** Whether Redis itself refused; any other error leaves open what happened. */
  isRefusal(error: Error): boolean;
  destroy(): void;
}

export type RedisModule = typeof import('@redis/client');

/**
 * How a connection is made: never again by itself, since only a new link knows what has to be checked first, and nothing
 * waits in a queue for it.
 */
function connectionOptions(address: Address, connectTimeoutMs: number) {
  const { username, password, database, tls } = address;
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(database !== 0 && { database }),
    RESP: 3,
    disableOfflineQueue: true,
    disableClientInfo: true,
    // The link has a clock of its own, one that is cheaper.
    commandOptions: { timeout: 0 },
    maintNotifications: 'disabled',
    socket: { reconnectStrategy: false, connectTimeout: connectTimeoutMs, ...(tls && { tls: true }) },
  } satisfies RedisClientOptions;
}

/** One server; commands and announcements share the connection, so that their order is that of the server. */
export function singleDriver(
  { createClient, ErrorReply }: RedisModule,
  address: Address,
  { host, port }: Host,
  connectTimeoutMs: number,
): Driver {
  const options = connectionOptions(address, connectTimeoutMs);
  const client = createClient({ ...options, socket: { ...options.socket, host, port } });
  return {
    connect: () => client.connect(),
    send: (_, args) => client.sendCommand(args),
    subscribe: (channel, listener) => client.sSubscribe(channel, listener),
    unsubscribe: (channel) => client.sUnsubscribe(channel),
    onFailure(listener) {
      client.on('error', listener);
      client.on('end', () => listener(new Error('the connection ended')));
    },
    isRefusal: (error) => error instanceof ErrorReply,
    destroy: () => client.destroy(),
  };
}

export function clusterDriver(
  { createCluster, ErrorReply }: RedisModule,
  address: Address,
  connectTimeoutMs: number,
): Driver {
  const { commandOptions, ...defaults } = connectionOptions(address, connectTimeoutMs);
  const cluster = createCluster({
    rootNodes: address.hosts.map(({ host, port }) => ({ socket: { host, port } })),
    defaults,
    commandOptions,
  });
  return {
    connect: () => cluster.connect(),
    send: (key, args) => cluster.sendCommand(key, false, args),
    subscribe: (channel, listener) => cluster.sSubscribe(channel, listener),
    unsubscribe: (channel) => cluster.sUnsubscribe(channel),
    onFailure(listener) {
      cluster.on('error', listener);
      // The client would go on without this server for ever.
      cluster.on('node-error', listener);
    },
    isRefusal: (error) => error instanceof ErrorReply,
    destroy: () => cluster.destroy(),
  };
}

import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type Catalogue,
  type StandardCatalogue,
  type Status,
  catalogue as standardCatalogue,
} from '@vitalwire/protocol';
import { attachHttp, createStandaloneServer } from './adapters/node-http.ts';
import { attachWebSockets } from './adapters/ws.ts';
import { createAccess } from './auth/access.ts';
import { ownDiagnoses } from './auth/own-diagnoses.ts';
import { Revocations } from './auth/revocations.ts';
import { createVerifiers } from './auth/token.ts';
import { type Broadcast, createBroadcast } from './broadcast.ts';
import { systemClock } from './clock.ts';
import type { Entrance } from './entrance.ts';
import { OptionError } from './errors.ts';
import { createHttpApp } from './http/app.ts';
import { Hub } from './hub.ts';
import { memoryLog } from './log/memory.ts';
import type { Census } from './log/nodes.ts';
import { silentLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import { checkOptions, type ServerOptions } from './options.ts';
import { Publisher } from './publisher.ts';
import { randomId } from './random-id.ts';
import { Receipts } from './receipts.ts';
import { Session } from './session.ts';
import type { SessionContext } from './session-context.ts';
import { SharedReads } from './shared-reads.ts';
import type { Socket } from './socket.ts';

/** A Vitalwire server. */
export interface VitalwireServer<C extends Catalogue = StandardCatalogue> {
  /** Publishes from this process, one method for each type. */
  readonly broadcast: Broadcast<C>;
  /**
   * Serves the endpoints beside an application's own on its HTTP server: `/ws`, `/ws/…`, `/health`, `/ready`,
   * `/metrics`, `/docs`, `/openapi.json` and `/asyncapi.json`, all behind `basePath`. Other paths stay with the
   * application, whatever framework it uses. The application closes its own server, after `close()`. Fastify opens a
   * second server when it listens on `localhost`; give it one address, such as `127.0.0.1`.
   */
  attach(httpServer: Server, options?: { basePath?: string }): void;
  /** Listens on a port of its own; port 0 takes a free one. Rejects with the system's error, such as `EADDRINUSE`. */
  listen(address: { port: number; host?: string }): Promise<{ port: number; host: string; url: string }>;
  /** Answers an HTTP request as the endpoints do; for hosts that speak in `Request` and `Response`. */
  fetch(request: Request): Promise<Response>;
  /** Who is connected, to all nodes that share the log store, and what waits. */
  status(): Promise<Status>;
  /**
   * Ends a user's sessions at once and refuses every token that the user holds now; tokens issued later count again.
   * With a log store that several nodes share, all nodes do so, also those that start later: resolves when the store has
   * taken it. Otherwise this process remembers it until it ends.
   *
   * @throws {LogUnavailableError} when the other nodes cannot be told now. Here it has taken effect; call it again.
   */
  revoke(userId: string): Promise<void>;
  /**
   * Refuses new work, finishes what was accepted, asks every client to reconnect later, and closes the log. Resolves
   * when all of it is done, at the latest after `timing.closeTimeoutMs` and the last append.
   */
  close(): Promise<void>;
}

/** How often sessions look at the time, in milliseconds. */
const TICK_MS = 1_000;

/**
 * Connections that the system keeps until they are accepted; it may allow fewer. When all clients come back at once, those
 * beyond it are dropped by TCP, and come again a second later at the earliest. Node's own default is 511.
 */
const LISTEN_BACKLOG = 16_384;

/**
 * Creates a server. It serves nothing until `attach` or `listen`.
 *
 * @throws {OptionError} naming the option that cannot be used.
 * @example
 * const auth = { secret: process.env.JWT_SECRET ?? '' }; // at least 32 bytes
 * const server = createServer({ auth, log: sqliteLog({ path: 'data/vitalwire.db' }) });
 * await server.listen({ port: 8000 });
 * await server.broadcast.feedbackUpdate(123, { feedback_id: 1, rating: 5, effectiveness: 0.9 });
 */
export function createServer<const C extends Catalogue = StandardCatalogue>(
  options: ServerOptions<C>,
): VitalwireServer<C> {
  const { limits, timing } = checkOptions(options);
  const { log = memoryLog(), clock = systemClock, logger = silentLogger } = options;
  const catalogue = options.catalogue ?? standardCatalogue;
  const metrics = createMetrics();
  const hub = new Hub(clock);
  const reads = new SharedReads(log, { publications: limits.pagePublications, size: limits.pageSize });
  const receipts = new Receipts(log, logger);
  const access = createAccess(options.authorize ?? ownDiagnoses, {
    timeoutMs: timing.authorizeTimeoutMs,
    clock,
    logger,
  });
  const revocations = new Revocations();
  const { verify, verifyOnce } =
    typeof options.auth === 'function'
      ? { verify: options.auth, verifyOnce: options.auth }
      : createVerifiers(options.auth, () => clock.now());
  const publisher = new Publisher({ log, hub, clock, logger, metrics });
  const publish = publisher.publish.bind(publisher);
  const context: SessionContext = {
    hub,
    log,
    reads,
    receipts,
    verify: revocations.guard(verifyOnce),
    access,
    limits,
    timing,
    clock,
    logger,
    metrics,
  };
  const app = createHttpApp({
    catalogue,
    maxBodyBytes: limits.maxBodyBytes,
    maxBatchBytes: limits.maxBatchBytes,
    logger,
    verify: revocations.guard(verify),
    allowPublish: async (principal, diagnosisId) => access.check(principal, 'publish', diagnosisId),
    publish,
    publishAll: publisher.publishAll.bind(publisher),
    status,
    ready,
    metrics: () => metrics.expose(),
  });
  const sockets = new Set<Socket>();
  /** What our own HTTP server has not answered yet. */
  const answers = new Set<ServerResponse>();
  const detachments: (() => void)[] = [];
  let closing: Promise<void> | undefined;
  let lastLeft = () => {};

  log.onAnnouncement((announcement) => hub.announce(announcement));
  log.nodes?.onInterruption((topic) => hub.interrupted(topic));
  log.nodes?.onRevocation(revokeHere);
  log.nodes?.report(census);
  const stopTicking = clock.every(TICK_MS, () => {
    for (const session of [...hub.sessions]) session.tick();
    reads.forget();
    void receipts.flush();
  });

  function enter(socket: Socket, entrance: Entrance): Session {
    const full = hub.sessions.size >= limits.maxConnections;
    const session = new Session(randomId(), context, socket, entrance);
    sockets.add(socket);
    if (closing !== undefined) session.end('restarting', timing.reconnectSpreadMs);
    else if (full) session.end('overloaded');
    return session;
  }

  function left(socket: Socket): void {
    sockets.delete(socket);
    if (isQuiet()) lastLeft();
  }

  function answer(response: ServerResponse): void {
    answers.add(response);
    response.once('close', () => {
      answers.delete(response);
      if (isQuiet()) lastLeft();
    });
  }

  const isQuiet = () => sockets.size === 0 && answers.size === 0;

  function attach(httpServer: Server, { basePath = '' }: { basePath?: string } = {}): void {
    if (!/^(\/[\w.~-]+)*$/.test(basePath)) throw new OptionError('basePath', 'must look like /realtime');
    detachments.push(attachHttp(httpServer, app, { basePath }), attachSockets(httpServer, basePath));
  }

  function attachSockets(httpServer: Server, basePath: string): () => void {
    const { origins, compression = false } = options;
    return attachWebSockets(httpServer, {
      basePath,
      origins,
      compression,
      limits,
      timing,
      logger,
      enter,
      left,
    });
  }

  async function listen({ port, host = '127.0.0.1' }: { port: number; host?: string }) {
    const httpServer = createStandaloneServer(app);
    httpServer.on('request', (_request, response) => answer(response));
    detachments.push(attachSockets(httpServer, ''));
    await new Promise<void>((resolve, reject) => {
      httpServer.once('error', reject);
      httpServer.listen({ port, host, backlog: LISTEN_BACKLOG }, resolve);
    });
    const address = httpServer.address() as AddressInfo;
    detachments.push(() => {
      httpServer.close();
      httpServer.closeAllConnections();
    });
    const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address;
    return { port: address.port, host: address.address, url: `http://${shown}:${address.port}` };
  }

  async function status(): Promise<Status> {
    await receipts.flush();
    const { connections, subscriptions } = (await log.nodes?.census()) ?? census();
    return {
      total_diagnoses: subscriptions.size,
      total_connections: connections,
      connections_by_diagnosis: Object.fromEntries(subscriptions),
      queued_messages_by_diagnosis: Object.fromEntries(await log.unreceived()),
    };
  }

  /** Who is connected to this process. */
  function census(): Census {
    return { connections: hub.sessions.size, subscriptions: hub.countByTopic() };
  }

  async function ready(): Promise<boolean> {
    if (closing !== undefined) return false;
    // A read that begins no log: it only asks whether the store answers.
    await log.received(0, '');
    await log.nodes?.check();
    return true;
  }

  async function revoke(userId: string): Promise<void> {
    const atMs = clock.now();
    revocations.add(userId, atMs);
    // All of them began before: that their tokens say otherwise can only mean that another clock is ahead.
    for (const session of hub.sessionsOf(userId)) session.end('access_denied');
    await log.nodes?.revoke(userId, atMs);
  }

  /** A revocation of any node, perhaps not for the first time: whoever came back since with a newer token stays. */
  function revokeHere(userId: string, atMs: number): void {
    revocations.add(userId, atMs);
    for (const session of hub.sessionsOf(userId)) {
      if (session.principal && revocations.covers(session.principal)) session.end('access_denied');
    }
  }

  async function close(): Promise<void> {
    for (const session of [...hub.sessions]) session.end('restarting', timing.reconnectSpreadMs);
    await publisher.close();
    await allLeft();
    stopTicking();
    for (const detach of detachments.reverse()) detach();
    await receipts.flush();
    await log.close();
  }

  /** Waits for the goodbyes, and for the answers to requests; whoever takes too long is cut. */
  async function allLeft(): Promise<void> {
    if (isQuiet()) return;
    let stopWaiting = () => {};
    await new Promise<void>((resolve) => {
      lastLeft = resolve;
      stopWaiting = clock.after(timing.closeTimeoutMs, resolve);
    });
    stopWaiting();
    for (const socket of sockets) socket.terminate();
  }

  return {
    broadcast: createBroadcast(catalogue as C, publish),
    attach,
    listen,
    fetch: async (request) => app.fetch(request),
    status,
    revoke,
    close() {
      closing ??= close();
      return closing;
    },
  };
}

import type { OpenTransport } from '@vitalwire/client/transport';
import {
  type Catalogue,
  type Command,
  type Position,
  type StandardCatalogue,
  catalogue as standardCatalogue,
} from '@vitalwire/protocol';
import { dataOf, type Publish, publishMethods } from '../publish/publish.ts';
import { FakeConnection } from './fake-connection.ts';
import { FakeLog } from './fake-log.ts';

/** Options of {@link FakeServer}. */
export interface FakeServerOptions<C extends Catalogue = StandardCatalogue> {
  /** The message types. @default the standard catalogue */
  catalogue?: C;
  /** Users by diagnosis who may subscribe to it; the others are refused. @default everybody */
  mayWatch?: (userId: string | undefined, diagnosisId: number) => boolean;
  /** The time of messages. @default the system's */
  now?: () => number;
}

/**
 * A server in memory, for unit tests of code that uses the client: no socket, no port, no timer. It obeys the protocol by
 * itself: logs, positions, recoveries, gaps. A script can do otherwise.
 *
 * @example
 * const server = new FakeServer();
 * const client = createClient({ url: 'ws://fake/ws', getToken: () => 'token', transport: server.transport });
 * client.subscribe(7, { onGap: 'ignore' }).on('feedback_update', show);
 * await server.publish.feedbackUpdate(7, { rating: 5 });
 * server.cut();
 */
export class FakeServer<C extends Catalogue = StandardCatalogue> {
  /** Every connection, in order. */
  readonly connections: FakeConnection[] = [];
  /** Publishes to the log of a diagnosis, and to who is subscribed. */
  readonly publish: Publish<C>;
  /** Called with every command before the server; `true` says that there is nothing left to do. */
  script: ((command: Command, connection: FakeConnection) => boolean | undefined) | undefined;
  /** What happens to new connections: `'ignore'` lets them hang. */
  handshakes: 'accept' | 'refuse' | 'ignore' = 'accept';
  readonly #options: FakeServerOptions<C>;
  readonly #logs = new Map<number, FakeLog>();
  readonly #keys = new Map<string, Position>();

  constructor(options: FakeServerOptions<C> = {}) {
    this.#options = options;
    this.publish = publishMethods(
      (options.catalogue ?? standardCatalogue) as C,
      async (definition, id, body, { to, idempotencyKey }) => {
        const key = idempotencyKey === undefined ? undefined : `${id} ${idempotencyKey}`;
        const known = key === undefined ? undefined : this.#keys.get(key);
        if (known) return known;
        const { type } = definition;
        const data = dataOf(definition, body);
        const message = (place: Position) => ({
          type,
          diagnosis_id: id,
          data,
          timestamp: this.#timestamp(),
          ...place,
        });
        const place = this.#log(id).append(message, to);
        if (key !== undefined) this.#keys.set(key, place);
        for (const connection of this.#open()) this.#deliver(connection, id);
        return place;
      },
    );
  }

  /** What `createClient` takes as `transport`. */
  readonly transport: OpenTransport = (url, _subprotocol, _timeoutMs, listener) => {
    const connection = new FakeConnection(url, listener, (command, from) => this.#hear(command, from));
    if (this.handshakes === 'refuse') connection.drop();
    if (this.handshakes === 'accept') {
      this.connections.push(connection);
      connection.socket.accept();
    }
    return connection.socket;
  };

  /** The connection that was opened last. */
  get last(): FakeConnection {
    const last = this.connections.at(-1);
    if (!last) throw new Error('nobody has connected');
    return last;
  }

  /** Cuts every connection, and refuses new ones until {@link restore}. */
  cut(): void {
    this.handshakes = 'refuse';
    for (const connection of this.#open()) connection.drop();
  }

  /** Accepts connections again. */
  restore(): void {
    this.handshakes = 'accept';
  }

  /** Loses the publications of a diagnosis, all but the newest ones. */
  evict(diagnosisId: number, { keep = 0 }: { keep?: number } = {}): void {
    this.#log(diagnosisId).evict(keep);
  }

  /** Loses the log of a diagnosis. Who is subscribed is told at once. */
  newEpoch(diagnosisId: number): void {
    const log = this.#log(diagnosisId);
    const { epoch } = log;
    log.renew();
    for (const connection of this.#open()) {
      const sent = connection.sent.get(diagnosisId);
      if (sent !== undefined) this.#begin(connection, diagnosisId, `${epoch}:${sent}`);
    }
  }

  #open(): FakeConnection[] {
    return this.connections.filter(({ isOpen }) => isOpen);
  }

  #hear(command: Command, connection: FakeConnection): void {
    if (this.script?.(command, connection) === true) return;
    switch (command.type) {
      case 'authenticate':
        connection.userId = subOf(command.token);
        return;
      case 'ping': {
        const data = command.id === undefined ? {} : { id: command.id };
        return connection.push({ type: 'pong', data, timestamp: this.#timestamp() });
      }
      case 'subscribe':
        return this.#subscribe(connection, command.diagnosis_id, command.after);
      case 'unsubscribe':
        connection.sent.delete(command.diagnosis_id);
        return;
    }
  }

  #subscribe(connection: FakeConnection, diagnosisId: number, after: string | undefined): void {
    const { mayWatch = () => true } = this.#options;
    if (mayWatch(connection.userId, diagnosisId)) return this.#begin(connection, diagnosisId, after);
    const refusal = { type: 'error', code: 'access_denied', message: 'not your diagnosis' };
    connection.push({ ...refusal, diagnosis_id: diagnosisId });
  }

  #begin(connection: FakeConnection, diagnosisId: number, after: string | undefined): void {
    const { recovery, from } = this.#log(diagnosisId).recovery(after, connection.userId);
    connection.push({
      type: 'connect',
      diagnosis_id: diagnosisId,
      data: {
        message: `Subscribed to diagnosis ${diagnosisId}`,
        user_id: connection.userId ?? 'unknown',
        session_id: `session-${this.connections.indexOf(connection) + 1}`,
        ...this.#log(diagnosisId).top,
        recovery,
      },
      timestamp: this.#timestamp(),
    });
    connection.sent.set(diagnosisId, from);
    this.#deliver(connection, diagnosisId);
  }

  #deliver(connection: FakeConnection, diagnosisId: number): void {
    const log = this.#log(diagnosisId);
    const sent = connection.sent.get(diagnosisId);
    if (sent === undefined) return;
    connection.push(...log.after(sent, connection.userId).map(({ message }) => message));
    connection.sent.set(diagnosisId, log.top.offset);
  }

  #log(diagnosisId: number): FakeLog {
    const log = this.#logs.get(diagnosisId) ?? new FakeLog();
    this.#logs.set(diagnosisId, log);
    return log;
  }

  #timestamp(): string {
    return new Date(this.#options.now?.() ?? Date.now()).toISOString();
  }
}

/** The user of a token, which is not verified; the text itself where it is none. */
function subOf(token: string): string {
  try {
    const payload = atob((token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/'));
    const { sub } = JSON.parse(payload) as { sub?: unknown };
    return typeof sub === 'string' ? sub : token;
  } catch {
    return token;
  }
}

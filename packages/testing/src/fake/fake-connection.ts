import type { TransportListener } from '@vitalwire/client/transport';
import { type CloseReason, type Command, closeCodeOf, closeCodes, decodeCommand } from '@vitalwire/protocol';
import { FakeSocket } from './fake-socket.ts';

/** Most time for any wait, in milliseconds. */
const TIMEOUT_MS = 5_000;

/** One connection of a client, as the server's end of it. */
export class FakeConnection {
  /** The address that was connected to. */
  readonly url: string;
  /** What the client said, in order. */
  readonly commands: Command[] = [];
  /** The `sub` of the token that it authenticated with last. */
  userId: string | undefined;
  /** Offset up to which each diagnosis was sent; those that are not subscribed to are missing. */
  readonly sent = new Map<number, number>();
  /** What the client holds. */
  readonly socket: FakeSocket;
  readonly #waiting = new Set<() => void>();
  #frozen = false;

  constructor(
    url: string,
    listener: TransportListener,
    answer: (command: Command, connection: FakeConnection) => void,
  ) {
    this.url = url;
    this.socket = new FakeSocket(listener, (text) => {
      if (this.#frozen) return;
      const command = decodeCommand(text);
      this.commands.push(command);
      answer(command, this);
      for (const look of [...this.#waiting]) look();
    });
  }

  get isOpen(): boolean {
    return this.socket.isOpen;
  }

  /** Waits until a command of a type was said for the nth time, from 1. Rejects after 5 s with what was said instead. */
  said<Type extends Command['type']>(type: Type, times = 1): Promise<Extract<Command, { type: Type }>> {
    const isWanted = (command: Command): command is Extract<Command, { type: Type }> => command.type === type;
    return new Promise((resolve, reject) => {
      const look = () => {
        const command = this.commands.filter(isWanted)[times - 1];
        if (!command) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(command);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        const instead = this.commands.map((command) => command.type).join(', ') || 'nothing';
        reject(new Error(`${type} was not said ${times} times, but ${instead}`));
      }, TIMEOUT_MS);
      this.#waiting.add(look);
      look();
    });
  }

  /** Says something: messages, and texts as they are. */
  push(...messages: readonly (object | string)[]): void {
    if (this.#frozen) return;
    for (const message of messages) {
      this.socket.push(typeof message === 'string' ? message : JSON.stringify(message));
    }
  }

  /** Says goodbye as the server does, and closes. */
  end(reason: CloseReason, retryAfterMs?: number): void {
    const code = closeCodeOf(reason);
    const reconnect = closeCodes.find((row) => row.reason === reason)?.action !== 'stop';
    const retry = retryAfterMs !== undefined && { retry_after_ms: retryAfterMs };
    this.push({ type: 'disconnect', code, reason, reconnect, ...retry });
    this.socket.lose(code, reason);
  }

  /** Cuts the connection without a word. */
  drop(): void {
    this.socket.lose(1006, '');
  }

  /** Says and hears nothing any more, and looks open: a half-open connection. */
  freeze(): void {
    this.#frozen = true;
  }
}

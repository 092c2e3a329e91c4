import { once } from 'node:events';
import WebSocket from 'ws';

const WAIT_MS = 10_000;

/** A plain WebSocket client of one diagnosis. */
export class PlainClient implements Disposable {
  readonly frames: { type: string; [field: string]: unknown }[] = [];
  readonly #socket: WebSocket;

  constructor(url: string, token: string) {
    this.#socket = new WebSocket(`${url.replace(/^http/, 'ws')}?token=${token}`);
    this.#socket.on('message', (data) => this.frames.push(JSON.parse(String(data))));
    this.#socket.on('error', () => {}); // the close that follows says it
  }

  /** The first frame of a type, which may still have to come. */
  async first(type: string): Promise<{ [field: string]: unknown }> {
    const signal = AbortSignal.timeout(WAIT_MS);
    for (;;) {
      const found = this.frames.find((frame) => frame.type === type);
      if (found) return found;
      await once(this.#socket, 'message', { signal }).catch((cause) => {
        throw new Error(`no ${type} came, but ${JSON.stringify(this.frames)}`, { cause });
      });
    }
  }

  [Symbol.dispose](): void {
    this.#socket.terminate();
  }
}

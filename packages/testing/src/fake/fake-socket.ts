import type { Transport, TransportListener } from '@vitalwire/client/transport';

/** The server's end of a socket in memory. What it says arrives in a later turn, in order. */
export class FakeSocket implements Transport {
  readonly #listener: TransportListener;
  readonly #heard: (text: string) => void;
  #open = true;

  constructor(listener: TransportListener, heard: (text: string) => void) {
    this.#listener = listener;
    this.#heard = heard;
  }

  /** Whether both ends still hold it. */
  get isOpen(): boolean {
    return this.#open;
  }

  // The client's end

  send(text: string): void {
    queueMicrotask(() => {
      if (this.#open) this.#heard(text);
    });
  }

  close(): void {
    this.#open = false;
  }

  // The server's end

  accept(): void {
    this.#later(() => this.#listener.opened());
  }

  push(text: string): void {
    this.#later(() => this.#listener.received(text));
  }

  /** Ends it. With the code of a cut, 1006, nothing is said. */
  lose(code: number, reason: string): void {
    this.#later(() => {
      this.#open = false;
      this.#listener.lost(code, reason);
    });
  }

  #later(action: () => void): void {
    queueMicrotask(() => {
      if (this.#open) action();
    });
  }
}

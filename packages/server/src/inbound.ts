import type { Socket } from './socket.ts';

/** Too many commands wait; or the peer does not take the answers. */
type Reason = 'commands' | 'answers';

/** Stops reading from a peer for as long as there is a reason, so that what it says does not pile up here. */
export class Inbound {
  readonly #socket: Socket;
  readonly #reasons = new Set<Reason>();

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  stop(reason: Reason): void {
    if (this.#reasons.size === 0) this.#socket.pause();
    this.#reasons.add(reason);
  }

  goOn(reason: Reason): void {
    if (this.#reasons.delete(reason) && this.#reasons.size === 0) this.#socket.resume();
  }

  /** Reads on, whatever the reasons: the peer's goodbye has to be read. */
  release(): void {
    if (this.#reasons.size > 0) this.#socket.resume();
    this.#reasons.clear();
  }
}

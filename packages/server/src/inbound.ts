import type { Socket } from './socket.ts';

/** Why reading is stopped: too many commands wait; or the peer does not take the answers. */
const REASONS = { commands: 1, answers: 2 } as const;

type Reason = keyof typeof REASONS;

/** Stops reading from a peer for as long as there is a reason, so that what it says does not pile up here. */
export class Inbound {
  readonly #socket: Socket;
  #reasons = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  stop(reason: Reason): void {
    if (this.#reasons === 0) this.#socket.pause();
    this.#reasons |= REASONS[reason];
  }

  goOn(reason: Reason): void {
    if (this.#reasons === 0) return;
    this.#reasons &= ~REASONS[reason];
    if (this.#reasons === 0) this.#socket.resume();
  }

  /** Reads on, whatever the reasons: the peer's goodbye has to be read. */
  release(): void {
    if (this.#reasons !== 0) this.#socket.resume();
    this.#reasons = 0;
  }
}

import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Conditions, DIRECTIONS, type Direction, type Harm } from './conditions.ts';
import { Line } from './line.ts';
import { Speaker } from './speaker.ts';

/** Pieces between two pauses: each piece should become a packet of its own, but a large frame should arrive some day. */
const PIECES_A_PAUSE = 32;

/** Waiting actions of a direction, beyond which its sender is held back. */
const MOST_WAITING = 256;

/** How often a throttled connection passes a piece, in milliseconds. */
const THROTTLE_INTERVAL_MS = 50;

/** One connection through the proxy. */
export class Link {
  readonly targetPort: number;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #conditions: Record<Direction, Conditions>;
  readonly #harm: Harm;
  readonly #speaker = new Speaker();
  readonly #isSlow: (userId: string) => boolean;
  /** Bytes or a goodbye were lost, so nothing that follows can be understood. */
  #broken = false;

  constructor(
    client: Socket,
    targetPort: number,
    conditions: Record<Direction, Conditions>,
    harm: Harm,
    isSlow: (userId: string) => boolean,
  ) {
    this.targetPort = targetPort;
    this.#client = client;
    this.#server = connect(targetPort, '127.0.0.1');
    this.#conditions = conditions;
    this.#harm = harm;
    this.#isSlow = isSlow;
    for (const socket of [client, this.#server]) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
    }
    client.on('data', (bytes: Buffer) => this.#speaker.hear(bytes));
    this.#pump(client, this.#server, 'toServer');
    this.#pump(this.#server, client, 'toClient');
  }

  get broken(): boolean {
    return this.#broken;
  }

  cut(): void {
    this.#harm.cut++;
    this.#client.resetAndDestroy();
    this.#server.destroy();
  }

  /** Stops taking from the senders that are to be held back; what is under way arrives. */
  obey(): void {
    for (const direction of DIRECTIONS) {
      const sender = direction === 'toClient' ? this.#server : this.#client;
      if (!this.#isHeld(direction)) sender.resume();
      else {
        this.#harm.held++;
        sender.pause();
      }
    }
  }

  #isHeld(direction: Direction): boolean {
    if (this.#conditions[direction].hold) return true;
    const { userId } = this.#speaker;
    return direction === 'toClient' && userId !== undefined && this.#isSlow(userId);
  }

  #pump(from: Socket, to: Socket, direction: Direction): void {
    const conditions = this.#conditions[direction];
    const line = new Line();
    const goOn = () => {
      if (!this.#isHeld(direction)) from.resume();
    };
    from.on('data', (bytes: Buffer) => {
      if (conditions.delayMs > 0) this.#harm.slowedBytes += bytes.length;
      line.run(conditions.delayMs, () => this.#forward(bytes, from, to, conditions));
      const held = this.#isHeld(direction);
      if (held) this.#harm.held++;
      const most = Number.isFinite(conditions.bytesPerSecond) ? 0 : MOST_WAITING;
      if (held || line.waiting > most) from.pause();
    });
    line.onEmpty = goOn;
    to.on('drain', goOn);
    from.on('close', () => line.run(conditions.delayMs, () => this.#ended(to, conditions)));
  }

  #forward(bytes: Buffer, from: Socket, to: Socket, conditions: Conditions): void | Promise<void> {
    if (conditions.swallow) this.#broken = true;
    if (this.#broken) {
      this.#harm.swallowedBytes += bytes.length;
      return;
    }
    if (bytes.length >= conditions.cutAfter) {
      to.write(bytes.subarray(0, conditions.cutAfter), () => this.cut());
      conditions.cutAfter = Number.POSITIVE_INFINITY;
      this.#broken = true;
      return;
    }
    conditions.cutAfter -= bytes.length;
    if (Number.isFinite(conditions.bytesPerSecond)) return this.#throttled(bytes, to, conditions);
    if (bytes.length > conditions.pieceBytes) return this.#inPieces(bytes, to, conditions.pieceBytes);
    if (!to.write(bytes)) from.pause();
  }

  async #inPieces(bytes: Buffer, to: Socket, pieceBytes: number): Promise<void> {
    this.#harm.slowedBytes += bytes.length;
    let pieces = 0;
    for (let start = 0; start < bytes.length && !to.destroyed; start += pieceBytes) {
      to.write(bytes.subarray(start, start + pieceBytes));
      // A turn each, so that the kernel is not given the next piece together with this one.
      if (++pieces % PIECES_A_PAUSE === 0) await sleep(1);
      else await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #throttled(bytes: Buffer, to: Socket, conditions: Conditions): Promise<void> {
    this.#harm.slowedBytes += bytes.length;
    let rest = bytes;
    while (rest.length > 0 && !to.destroyed) {
      // Asked each time: the rest of a large frame passes at once when the network is good again.
      const { bytesPerSecond } = conditions;
      const most = Math.max(1, Math.floor((bytesPerSecond * THROTTLE_INTERVAL_MS) / 1_000));
      const piece = rest.subarray(0, Math.min(most, rest.length));
      rest = rest.subarray(piece.length);
      to.write(piece);
      if (Number.isFinite(bytesPerSecond)) await sleep((piece.length / bytesPerSecond) * 1_000);
    }
  }

  /** One end is gone; the other is told, unless the network is what went away. */
  #ended(other: Socket, conditions: Conditions): void {
    if (conditions.swallow) this.#broken = true;
    if (!this.#broken) other.destroy();
  }
}

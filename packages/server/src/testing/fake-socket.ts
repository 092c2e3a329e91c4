import type { Socket, SocketListener } from '../socket.ts';
import { framesIn } from './frames-in.ts';

/** A socket without a network: what the core sent can be read, and what a peer does can be played. */
export class FakeSocket implements Socket {
  compresses = false;
  /** Text frames sent so far. */
  readonly frames: string[] = [];
  /** Payloads of the pings sent so far. */
  readonly pings: number[] = [];
  /** Set by the test: how many bytes wait for the peer. */
  waitingBytes = 0;
  paused = false;
  closedWith: { code: number; reason: string } | undefined;
  terminated = false;
  /** Whoever listens to this socket; set it after the session was made. */
  listener: SocketListener | undefined;

  /** The frames as values. */
  get messages(): unknown[] {
    return this.frames.map((frame): unknown => JSON.parse(frame));
  }

  write(frames: Uint8Array): boolean {
    for (const { kind, payload } of framesIn(frames)) {
      if (kind === 'text') this.frames.push(payload);
      else this.pings.push(Buffer.from(payload).readInt32BE());
    }
    return this.waitingBytes === 0;
  }

  writeTogether(frames: readonly Uint8Array[]): boolean {
    return this.write(Buffer.concat(frames));
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  close(code: number, reason: string): void {
    this.closedWith = { code, reason };
  }

  terminate(): void {
    this.terminated = true;
  }
}

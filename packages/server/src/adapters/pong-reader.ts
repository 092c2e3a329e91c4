import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { PING_PAYLOAD_BYTES } from '../frame.ts';

/** First bytes of a pong that answers one of our pings: whole, masked, with a payload of four bytes. */
const PONG = 0x8a;
const MASKED_LENGTH = 0x80 | PING_PAYLOAD_BYTES;
const HEADER_BYTES = 2;
const MASK_BYTES = 4;
const PONG_BYTES = HEADER_BYTES + MASK_BYTES + PING_PAYLOAD_BYTES;

/** What is known of the receiver of ws, which nothing in its documentation promises. */
interface Receiver {
  /** 0: the next byte is the first one of a frame. */
  readonly _state?: unknown;
  /** Bytes of it that are not consumed. */
  readonly _bufferedBytes?: unknown;
}

/**
 * Reads pongs as they come from the operating system, past Node's stream and the receiver of ws, which together need most of
 * the time that a proof of receipt costs. Nearly all of them come alone, and into a receiver that waits for a new frame. What
 * is anything else goes the usual way, and so does everything where the receiver does not look as it is known.
 *
 * @param onPong takes the payload; false when the receiver has to hear of the pong as well.
 */
export function readPongs(connection: Duplex, receiver: unknown, onPong: (payload: number) => boolean): void {
  if (!(connection instanceof Socket)) return;
  /** All that was read before has been consumed. Not known before a first chunk was: some may have come with the upgrade. */
  let consumed = false;
  connection.push = (chunk: Uint8Array | null, encoding?: BufferEncoding): boolean => {
    if (consumed && chunk?.byteLength === PONG_BYTES) {
      const payload = payloadOf(chunk);
      if (payload !== undefined && onPong(payload)) return true;
    }
    const goOn = Socket.prototype.push.call(connection, chunk, encoding);
    consumed = connection.readableLength === 0 && isAtRest(receiver as Receiver);
    return goOn;
  };
}

function payloadOf(bytes: Uint8Array): number | undefined {
  if (bytes[0] !== PONG || bytes[1] !== MASKED_LENGTH) return undefined;
  return int32At(bytes, HEADER_BYTES) ^ int32At(bytes, HEADER_BYTES + MASK_BYTES);
}

function int32At(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  const second = bytes[at + 1] ?? 0;
  const third = bytes[at + 2] ?? 0;
  return (first << 24) | (second << 16) | (third << 8) | (bytes[at + 3] ?? 0);
}

function isAtRest({ _state, _bufferedBytes }: Receiver): boolean {
  return _state === 0 && _bufferedBytes === 0;
}

import { constants, deflateRawSync } from 'node:zlib';

/** First bytes of frames that come whole: the final fragment, and what it is. */
const TEXT = 0x81;
const PING = 0x89;
const COMPRESSED_TEXT = TEXT | 0x40;

/** Bytes of a payload below which compressing it is not worth the peer's work. */
const LEAST_COMPRESSED = 128;
/** What a message may refer back to, as a power of 2: some clients, such as those in Python, have no more room. */
export const WINDOW_BITS = 12;
/** What ends compressed data that could go on, and is left out of a message (RFC 7692, section 7.2.1). */
const SYNC_FLUSH_BYTES = 4;

/** A text as one WebSocket frame. What a server sends is not masked, so it is the same bytes for every peer. */
export function textFrame(text: string): Buffer {
  const bytes = Buffer.allocUnsafe(textFrameBytes(text));
  writeTextFrame(bytes, 0, text, bytes.byteLength);
  return bytes;
}

/** How long the frame of a text is. */
export function textFrameBytes(text: string): number {
  const length = Buffer.byteLength(text);
  return headerBytes(secondByte(length)) + length;
}

/**
 * Writes the frame of a text to where it shall stand.
 *
 * @param frameBytes how long it is, as {@link textFrameBytes} says.
 */
export function writeTextFrame(bytes: Buffer, start: number, text: string, frameBytes: number): void {
  const length = payloadBytes(frameBytes);
  writeHeader(bytes, start, TEXT, length);
  bytes.write(text, start + frameBytes - length);
}

/** Bytes of the payload of every ping. */
export const PING_PAYLOAD_BYTES = 4;

/** A ping. The peer answers it after everything that was sent before, with a pong of the same payload. */
export function pingFrame(payload: number): Buffer {
  const bytes = begin(PING, PING_PAYLOAD_BYTES);
  bytes.writeInt32BE(payload, bytes.byteLength - PING_PAYLOAD_BYTES);
  return bytes;
}

/** A payload for a ping: four printable characters, so that nobody stumbles over it, and at random, so that nobody guesses it. */
export function drawPingPayload(): number {
  return (Math.floor(Math.random() * 2 ** 31) & 0x1f1f1f1f) | 0x40404040;
}

/**
 * The frame of a text, compressed (RFC 7692) for peers that agreed to that; the frame itself when it is short. No message
 * refers to an earlier one, so it is the same bytes for every peer.
 */
export function compressedFrame(frame: Uint8Array): Uint8Array {
  const payload = frame.subarray(headerBytes(frame[1] ?? 0));
  if (payload.byteLength < LEAST_COMPRESSED) return frame;
  const options = { windowBits: WINDOW_BITS, finishFlush: constants.Z_SYNC_FLUSH };
  const data = deflateRawSync(payload, options).subarray(0, -SYNC_FLUSH_BYTES);
  const compressed = begin(COMPRESSED_TEXT, data.byteLength);
  compressed.set(data, compressed.byteLength - data.byteLength);
  return compressed;
}

/** A frame of which only the payload is missing. */
function begin(first: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(headerBytes(secondByte(length)) + length);
  writeHeader(bytes, 0, first, length);
  return bytes;
}

/** What stands before a payload (RFC 6455, section 5.2). */
function writeHeader(bytes: Buffer, start: number, first: number, length: number): void {
  const second = secondByte(length);
  bytes[start] = first;
  bytes[start + 1] = second;
  if (second === 126) bytes.writeUInt16BE(length, start + 2);
  else if (second === 127) bytes.writeBigUInt64BE(BigInt(length), start + 2);
}

/** Of a header: the length of a short payload, or what says that the length follows. */
function secondByte(length: number): number {
  return length < 126 ? length : length < 65_536 ? 126 : 127;
}

/** How long the payload of a frame is. */
function payloadBytes(frameBytes: number): number {
  return frameBytes < 128 ? frameBytes - 2 : frameBytes < 65_540 ? frameBytes - 4 : frameBytes - 10;
}

/** How long the header is, which its second byte tells. */
function headerBytes(second: number): number {
  return second < 126 ? 2 : second === 126 ? 4 : 10;
}

/** Where a frame stands in what was received. It is valid only during the call. */
export type OnFrame = (opcode: number, bytes: Buffer, start: number, end: number) => void;

export const TEXT = 1;
export const CLOSE = 8;
export const PING = 9;

/**
 * Cuts what a WebSocket server sends into frames (RFC 6455, section 5.2). It knows what servers do here: nothing is
 * masked and no message comes in fragments. Only a frame that did not arrive whole is copied.
 */
export class FrameParser {
  readonly #onFrame: OnFrame;
  #rest: Buffer | undefined;

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame;
  }

  /** Takes `bytes` from `start` to `end`; the memory may be used again afterwards. */
  push(bytes: Buffer, start: number, end: number): void {
    if (this.#rest !== undefined) {
      const joined = Buffer.concat([this.#rest, bytes.subarray(start, end)]);
      this.#rest = undefined;
      this.push(joined, 0, joined.length);
      return;
    }
    let at = start;
    for (;;) {
      if (end - at < 2) break;
      const first = bytes[at] ?? 0;
      let length = bytes[at + 1] ?? 0;
      let header = 2;
      if (length === 126) {
        if (end - at < 4) break;
        length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
        header = 4;
      } else if (length === 127) {
        if (end - at < 10) break;
        length = Number(bytes.readBigUInt64BE(at + 2));
        header = 10;
      } else if (length > 127) throw new Error('a server masked a frame');
      if (first < 0x80) throw new Error('a server sent a fragment');
      if (end - at < header + length) break;
      this.#onFrame(first & 0x0f, bytes, at + header, at + header + length);
      at += header + length;
    }
    if (at < end) this.#rest = Buffer.from(bytes.subarray(at, end));
  }
}

/** A frame of a client. It must be masked, and the mask may be zero, which costs nothing. */
export function clientFrame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  if (length > 65_535) throw new Error('a client sends short frames here');
  const header = length < 126 ? 6 : 8;
  const frame = Buffer.alloc(header + length);
  frame[0] = 0x80 | opcode;
  if (header === 6) frame[1] = 0x80 | length;
  else {
    frame[1] = 0x80 | 126;
    frame.writeUInt16BE(length, 2);
  }
  payload.copy(frame, header);
  return frame;
}

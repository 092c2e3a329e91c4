/** A frame as a peer reads it. */
export interface SentFrame {
  readonly kind: 'text' | 'ping';
  readonly payload: string;
}

const KINDS = new Map<number, SentFrame['kind']>([
  [0x81, 'text'],
  [0x89, 'ping'],
]);

/** Reads whole frames of a server, as a peer would. Throws when there is anything else. */
export function framesIn(bytes: Uint8Array): SentFrame[] {
  const rest = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames: SentFrame[] = [];
  let at = 0;
  while (at < rest.length) {
    const kind = KINDS.get(rest.readUInt8(at));
    if (kind === undefined) throw new Error(`not the beginning of a frame at ${at}`);
    let length = rest.readUInt8(at + 1);
    at += 2;
    if (length === 126) {
      length = rest.readUInt16BE(at);
      at += 2;
    } else if (length === 127) {
      length = Number(rest.readBigUInt64BE(at));
      at += 8;
    }
    if (at + length > rest.length) throw new Error(`half a frame at ${at}`);
    frames.push({ kind, payload: rest.toString('utf8', at, at + length) });
    at += length;
  }
  return frames;
}

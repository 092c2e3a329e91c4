/** First bytes of frames that come whole: the final fragment, and what it is. */
const TEXT = 0x81;
const PING = 0x89;

/** A text as one WebSocket frame. What a server sends is not masked, so it is the same bytes for every peer. */
export function textFrame(text: string): Buffer {
  return frame(TEXT, text);
}

/** A ping with a payload of at most 125 bytes. The peer answers it after everything that was sent before. */
export function pingFrame(payload: string): Buffer {
  return frame(PING, payload);
}

/** RFC 6455, section 5.2. */
function frame(first: number, payload: string): Buffer {
  const length = Buffer.byteLength(payload);
  const header = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const bytes = Buffer.allocUnsafe(header + length);
  bytes[0] = first;
  if (header === 2) bytes[1] = length;
  else if (header === 4) {
    bytes[1] = 126;
    bytes.writeUInt16BE(length, 2);
  } else {
    bytes[1] = 127;
    bytes.writeBigUInt64BE(BigInt(length), 2);
  }
  bytes.write(payload, header);
  return bytes;
}

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A WebSocket of the SDK's kind whose bytes the test writes itself, also those that no library would write. */
export async function rawHandshake(port: number, path = '/ws'): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: vitalwire.v1\r\n\r\n',
  );
  return socket;
}

/** A frame of a client: its first byte, and a payload of up to 65,535 bytes. Masked with zeros, which change nothing. */
export function maskedFrame(first: number, payload: Buffer | string): Buffer {
  const bytes = Buffer.from(payload);
  const length =
    bytes.length < 126
      ? Buffer.of(0x80 | bytes.length)
      : Buffer.of(0x80 | 126, bytes.length >> 8, bytes.length & 255);
  return Buffer.concat([Buffer.of(first), length, Buffer.alloc(4), bytes]);
}

/** Reads what an ending connection still says, as frames of a server: opcode and payload. */
export async function framesUntilEnd(socket: Socket): Promise<{ opcode: number; payload: Buffer }[]> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'close');
  let bytes = Buffer.concat(chunks);
  bytes = bytes.subarray(bytes.indexOf('\r\n\r\n') + 4);
  const frames = [];
  while (bytes.length >= 2) {
    const [first = 0, second = 0] = bytes;
    const short = second & 0x7f;
    const start = short === 126 ? 4 : 2;
    const length = short === 126 ? bytes.readUInt16BE(2) : short;
    frames.push({ opcode: first & 0x0f, payload: bytes.subarray(start, start + length) });
    bytes = bytes.subarray(start + length);
  }
  return frames;
}

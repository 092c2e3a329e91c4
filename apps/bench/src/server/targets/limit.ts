import { createServer, type Socket } from 'node:net';
import { diagnosisOf, messageOf, nowMicros, STAMP_DIGITS } from '../../message.ts';
import { listen } from '../listen.ts';
import type { Target } from '../target.ts';

/**
 * The limit of Node: bare TCP sockets, to which the bytes of the same frames are written; those of one go at once.
 * Nothing is parsed and nothing serialised, so nothing that runs in Node and delivers them can be much cheaper.
 */
export async function startLimit(): Promise<Target> {
  const topics = new Map<number, Set<Socket>>();
  const frame = frameTemplate();
  const server = createServer({ noDelay: true }, (socket) => {
    socket.once('data', (line) => {
      const topic = Number.parseInt(line.toString('latin1'), 10);
      const sockets = topics.get(topic) ?? new Set();
      topics.set(topic, sockets.add(socket));
      socket.once('close', () => sockets.delete(socket));
      socket.write(textFrame('{"type":"connect"}'));
    });
    socket.on('error', () => {});
  });
  return {
    port: await listen(server),
    publish(topic, first, count) {
      const frames: Buffer[] = [];
      for (let sequence = first; sequence < first + count; sequence++) frames.push(frame(topic, sequence));
      const bytes = count === 1 && frames[0] !== undefined ? frames[0] : Buffer.concat(frames);
      for (const socket of topics.get(topic) ?? []) socket.write(bytes);
      return undefined;
    },
  };
}

/** Places what differs from message to message into ready text. */
function frameTemplate(): (topic: number, sequence: number) => Buffer {
  const whole = JSON.stringify(messageOf(0, 0, 0));
  const [beforeTopic = '', afterTopic = ''] = whole.split(String(diagnosisOf(0)));
  const [beforeStamp = '', afterStamp = ''] = afterTopic.split('0'.repeat(STAMP_DIGITS));
  const [beforeSequence = '', between = '', afterOffset = ''] = afterStamp
    .replace('"sample_size":0', '"sample_size":|')
    .replace('"offset":0', '"offset":|')
    .split('|');
  return (topic, sequence) => {
    const stamp = String(nowMicros()).padStart(STAMP_DIGITS, '0');
    return textFrame(
      `${beforeTopic}${diagnosisOf(topic)}${beforeStamp}${stamp}${beforeSequence}${sequence}${between}${sequence}${afterOffset}`,
    );
  };
}

/** A frame of ASCII text that a WebSocket server would send (RFC 6455, section 5.2). */
function textFrame(text: string): Buffer {
  const { length } = text;
  const header = length < 126 ? 2 : 4;
  const frame = Buffer.allocUnsafe(header + length);
  frame[0] = 0x81;
  if (header === 2) frame[1] = length;
  else {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  }
  frame.write(text, header, 'latin1');
  return frame;
}

import { describe, expect, it } from 'vitest';
import { clientFrame, FrameParser, PING, TEXT } from '../../src/load/frame-parser.ts';

/** A frame as a server sends it. */
function serverFrame(text: string, opcode = TEXT): Buffer {
  const payload = Buffer.from(text);
  const { length } = payload;
  let header: Buffer;
  if (length < 126) header = Buffer.from([0x80 | opcode, length]);
  else if (length < 65_536) header = Buffer.from([0x80 | opcode, 126, length >> 8, length & 255]);
  else {
    header = Buffer.alloc(10);
    header[0] = 0x80 | opcode;
    header[1] = 127;
    header.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([header, payload]);
}

function parse(chunks: readonly Buffer[]): [number, string][] {
  const frames: [number, string][] = [];
  const parser = new FrameParser((opcode, bytes, start, end) => {
    frames.push([opcode, bytes.toString('utf8', start, end)]);
  });
  for (const chunk of chunks) {
    // In the middle of other memory that is used again, as in a socket.
    const memory = Buffer.concat([Buffer.from('xx'), chunk, Buffer.from('x')]);
    parser.push(memory, 2, 2 + chunk.length);
    memory.fill(0);
  }
  return frames;
}

describe('FrameParser', () => {
  const texts = ['', 'short', 'm'.repeat(126), 'l'.repeat(70_000), 'end'];
  const expected = [...texts.map((text) => [TEXT, text]), [PING, '17']];
  const bytes = Buffer.concat([...texts.map((text) => serverFrame(text)), serverFrame('17', PING)]);

  it('finds all frames of a chunk', () => {
    expect(parse([bytes])).toEqual(expected);
  });

  it('finds the same frames wherever the chunks end', () => {
    const short = Buffer.concat([serverFrame('one'), serverFrame('t'.repeat(130)), serverFrame('three')]);
    const whole = parse([short]);
    for (let cut = 0; cut <= short.length; cut++) {
      expect(parse([short.subarray(0, cut), short.subarray(cut)])).toEqual(whole);
    }
    const single = Array.from(short, (byte) => Buffer.from([byte]));
    expect(parse(single)).toEqual(whole);
  });

  it('refuses what it would misread', () => {
    expect(() => parse([clientFrame(TEXT, Buffer.from('masked'))])).toThrow('masked');
    expect(() => parse([Buffer.from([TEXT, 1, 65])])).toThrow('fragment');
  });
});

describe('clientFrame', () => {
  it.each([0, 125, 126, 65_535])('masks %i bytes with zero', (length) => {
    const frame = clientFrame(TEXT, Buffer.alloc(length, 'a'));
    const header = length < 126 ? 6 : 8;
    expect(frame[0]).toBe(0x81);
    expect(frame[1]).toBe(0x80 | Math.min(length, 126));
    expect(frame.toString('latin1', header)).toBe('a'.repeat(length));
    expect(frame.subarray(header - 4, header)).toEqual(Buffer.alloc(4));
  });
});

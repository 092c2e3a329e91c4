import { constants, inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compressedFrame, pingFrame, textFrame } from '../src/frame.ts';

describe('a frame', () => {
  it.each([
    [0, [0x81, 0]],
    [125, [0x81, 125]],
    [126, [0x81, 126, 0, 126]],
    [65_535, [0x81, 126, 0xff, 0xff]],
    [65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
  ])('of %i bytes begins with its length', (length, header) => {
    const frame = textFrame('x'.repeat(length));
    expect([...frame.subarray(0, header.length)]).toEqual(header);
    expect(frame.toString('utf8', header.length)).toBe('x'.repeat(length));
  });

  it('counts bytes and not characters', () => {
    const frame = textFrame('黄芪'.repeat(21));
    expect([...frame.subarray(0, 4)]).toEqual([0x81, 126, 0, 126]);
    expect(frame.toString('utf8', 4)).toBe('黄芪'.repeat(21));
  });

  it('may be a ping', () => {
    expect(pingFrame(0x31323334)).toEqual(Buffer.from('\x89\x041234', 'latin1'));
  });

  it.each([
    ['{"type":"feedback_update","comment":"slept well, woke once"} '.repeat(3), 2],
    ['黄芪 '.repeat(2_000), 2],
    [Array.from({ length: 5_000 }, (_, index) => index ** 2).join(), 4],
    [Array.from({ length: 50_000 }, (_, index) => index ** 2).join(), 10],
  ])('is compressed on its own', (text, header) => {
    const frame = compressedFrame(textFrame(text));
    expect(frame[0]).toBe(0xc1);
    expect(frame.byteLength).toBeLessThan(Buffer.byteLength(text) * 0.7);
    const data = Buffer.concat([frame.subarray(header), Buffer.of(0, 0, 0xff, 0xff)]);
    expect(inflateRawSync(data, { windowBits: 12, finishFlush: constants.Z_SYNC_FLUSH }).toString()).toBe(
      text,
    );
  });

  it.each(['', 'x'.repeat(127)])('stays as it is when it is short', (text) => {
    const frame = textFrame(text);
    expect(compressedFrame(frame)).toBe(frame);
  });
});

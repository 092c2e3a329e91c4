import { describe, expect, it } from 'vitest';
import { pingFrame, textFrame } from '../src/frame.ts';

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
    expect(pingFrame('12')).toEqual(Buffer.from([0x89, 2, 0x31, 0x32]));
  });
});

import { describe, expect, it } from 'vitest';
import { NumberAfter } from '../../src/load/number-after.ts';

describe('NumberAfter', () => {
  const read = (reader: NumberAfter, text: string, before = '', after = '') => {
    const bytes = Buffer.from(before + text + after);
    return reader.read(bytes, before.length, before.length + text.length);
  };

  it('reads the number behind the marker, wherever the text stands', () => {
    const reader = new NumberAfter('"offset":');
    expect(read(reader, '{"a":1,"offset":9}')).toBe(9);
    expect(read(reader, '{"a":1,"offset":10}', 'before')).toBe(10);
    expect(read(reader, '{"a":123,"offset":11}')).toBe(11);
    expect(read(reader, '{"offset":1234567890123}')).toBe(1_234_567_890_123);
  });

  it('finds nothing in a text without it, whatever follows in memory', () => {
    const reader = new NumberAfter('"offset":');
    expect(read(reader, '{"a":1,"offset":9}')).toBe(9);
    expect(read(reader, '{}', '', '{"offset":5}')).toBeUndefined();
    expect(read(reader, '{"a":2,"offse', '', 't":5}')).toBeUndefined();
    expect(read(reader, '')).toBeUndefined();
  });

  it('does not read beyond the text', () => {
    expect(read(new NumberAfter('"n":'), '{"n":12', '', '34}')).toBe(12);
  });
});

import { describe, expect, it } from 'vitest';
import { type Part, partsOf, type Selection } from '../src/delivery.ts';
import type { Publication } from '../src/log/log-store.ts';
import { framesIn } from '../src/testing/frames-in.ts';

const TEXT = '{"type":"x"}';

function offsetsOf({ bytes, count }: Selection): number[] {
  const frames = framesIn(bytes);
  expect(frames).toHaveLength(count);
  return frames.map(({ payload }) => (JSON.parse(payload) as { offset: number }).offset);
}

/** One part: offsets from 5 on, each to everybody or to a user. */
function partOf(...to: (string | undefined)[]): Part {
  const publications = to.map(
    (userId, index): Publication => ({ offset: 5 + index, text: TEXT, to: userId }),
  );
  const [part, ...others] = partsOf('e', publications);
  if (part === undefined || others.length > 0) throw new Error('not one part');
  return part;
}

describe('a part', () => {
  it('is the same bytes for all who receive the same', () => {
    const part = partOf(undefined, undefined);
    expect(offsetsOf(part.select(4, 'ann'))).toEqual([5, 6]);
    expect(part.select(4, 'bob').bytes).toBe(part.select(0, 'ann').bytes);
  });

  it('shows a user what is addressed to it, and nobody else', () => {
    const part = partOf(undefined, 'ann', 'bob', undefined, 'ann');
    expect(offsetsOf(part.select(4, 'ann'))).toEqual([5, 6, 8, 9]);
    expect(offsetsOf(part.select(4, 'bob'))).toEqual([5, 7, 8]);
    expect(offsetsOf(part.select(4, 'eve'))).toEqual([5, 8]);
    expect(part.select(4, 'eve').bytes).toBe(part.select(4, 'mallory').bytes);
  });

  it('is compressed once for all, also where one of them receives more', () => {
    const text = `{"type":"x","pad":"${'x'.repeat(200)}"}`;
    const [part] = partsOf('e', [
      { offset: 5, text },
      { offset: 6, text, to: 'ann' },
      { offset: 7, text },
    ]);
    const sizes = (userId: string) => part?.select(4, userId).compressed.byteLength ?? 0;
    expect(part?.select(4, 'bob').compressed).toBe(part?.select(4, 'eve').compressed);
    expect(sizes('bob')).toBeLessThan(part?.select(4, 'bob').bytes.byteLength ?? 0);
    expect(sizes('ann')).toBe(sizes('bob') * 1.5);
    expect(part?.select(6, 'ann').compressed).toBe(part?.select(6, 'bob').compressed);
  });

  it('has nothing for a user when all of it is addressed to others', () => {
    expect(offsetsOf(partOf('ann').select(4, 'bob'))).toEqual([]);
  });

  it('leaves out what a user has', () => {
    const part = partOf(undefined, 'ann', undefined, 'bob');
    expect(offsetsOf(part.select(5, 'ann'))).toEqual([6, 7]);
    expect(offsetsOf(part.select(5, 'eve'))).toEqual([7]);
    expect(offsetsOf(part.select(8, 'bob'))).toEqual([]);
  });

  it('tells its first and its last offset, whoever they are addressed to', () => {
    expect(partOf('ann', undefined, 'ann')).toMatchObject({ first: 5, last: 7 });
  });
});

describe('publications', () => {
  it('are divided where a part has 64 KiB', () => {
    const text = `{"pad":"${'x'.repeat(30_000)}"}`;
    const publications = [1, 2, 3, 4, 5, 6, 7].map((offset) => ({ offset, text }));
    const parts = partsOf('e', publications);
    expect(parts.map(({ first, last }) => [first, last])).toEqual([
      [1, 3],
      [4, 6],
      [7, 7],
    ]);
    expect(parts.flatMap((part) => offsetsOf(part.select(0, 'ann')))).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('are no part when there are none', () => {
    expect(partsOf('e', [])).toEqual([]);
  });
});

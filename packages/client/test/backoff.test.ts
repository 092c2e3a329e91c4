import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoff } from '../src/backoff.ts';

const settings = { baseMs: 500, maxMs: 20_000 };

describe('backoff', () => {
  it('doubles its bound with every failure, up to the most', () => {
    const bounds = [0, 1, 2, 3, 4, 5, 6, 1_000].map((failures) => backoff(failures, settings, 1));
    expect(bounds).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]);
  });

  it('spreads from 0 to the bound, the first retry included', () => {
    fc.assert(
      fc.property(fc.nat(2_000), fc.double({ min: 0, max: 1, noNaN: true }), (failures, random) => {
        const delay = backoff(failures, settings, random);
        expect(delay).toBe(random * backoff(failures, settings, 1));
        expect(delay).toBeLessThanOrEqual(20_000);
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { products, ratios, summarise } from '../../src/report/statistics.ts';

describe('summarise', () => {
  it('takes the middle of an odd number of values, and the mean of the two middle ones otherwise', () => {
    expect(summarise([5, 1, 9])).toEqual({ median: 5, min: 1, max: 9 });
    expect(summarise([4, 1, 9, 2])).toEqual({ median: 3, min: 1, max: 9 });
    expect(summarise([7])).toEqual({ median: 7, min: 7, max: 7 });
  });

  it('sorts by value, not by text', () => {
    expect(summarise([10, 9, 100])).toEqual({ median: 10, min: 9, max: 100 });
  });

  it('refuses to summarise nothing', () => {
    expect(() => summarise([])).toThrow('no values');
  });
});

describe('ratios', () => {
  it('divides by the value of the same round', () => {
    expect(ratios([2, 9], [1, 3])).toEqual([2, 3]);
  });

  it('compares only rounds that both have', () => {
    expect(ratios([2, 9], [1])).toEqual([2]);
    expect(ratios([], [1])).toEqual([]);
  });
});

describe('products', () => {
  it('multiplies with the value of the same round', () => {
    expect(products([2, 9], [1, 3])).toEqual([2, 27]);
    expect(products([2, 9], [2])).toEqual([4]);
  });
});

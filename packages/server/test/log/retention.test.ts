import { describe, expect, it } from 'vitest';
import { OptionError } from '../../src/errors.ts';
import { DEFAULT_RETENTION } from '../../src/log/log-store.ts';
import { memoryLog } from '../../src/log/memory.ts';
import { earliestOf, horizonAt, resolveRetention, timeOfAppend } from '../../src/log/retention.ts';

const DAY_MS = 86_400_000;

describe('resolveRetention', () => {
  it('fills in what was not given', () => {
    expect(resolveRetention()).toEqual(DEFAULT_RETENTION);
    expect(resolveRetention({ publications: 5, ageMs: undefined as never })).toEqual({
      ...DEFAULT_RETENTION,
      publications: 5,
    });
  });

  it('keeps a topic at least as long as its publications', () => {
    expect(resolveRetention({ ageMs: 90 * DAY_MS }).topAgeMs).toBe(90 * DAY_MS);
    expect(resolveRetention({ ageMs: Infinity }).topAgeMs).toBe(Infinity);
    expect(resolveRetention({ ageMs: 5, topAgeMs: 5 }).topAgeMs).toBe(5);
  });

  it.each([
    [{ publications: 0 }, 'retention.publications'],
    [{ publications: 1.5 }, 'retention.publications'],
    [{ publications: '5' }, 'retention.publications'],
    [{ publications: Number.NaN }, 'retention.publications'],
    [{ ageMs: 0 }, 'retention.ageMs'],
    [{ ageMs: -1 }, 'retention.ageMs'],
    [{ ageMs: Number.NaN }, 'retention.ageMs'],
    [{ ageMs: null }, 'retention.ageMs'],
    [{ topAgeMs: '1d' }, 'retention.topAgeMs'],
    [{ ageMs: 10, topAgeMs: 9 }, 'retention.topAgeMs'],
    [{ days: 7 }, 'retention.days'],
    [7, 'retention'],
    [null, 'retention'],
  ])('refuses %j, naming %s', (given, option) => {
    const refused = expect(() => resolveRetention(given as object));
    refused.toThrow(OptionError);
    refused.toThrow(expect.objectContaining({ option }));
  });
});

describe('the options of a local log', () => {
  it.each([
    [{ retention: { publications: 0 } }, 'retention.publications'],
    [{ retention: null }, 'retention'],
    [{ now: 5 }, 'now'],
    [{ logger: {} }, 'logger'],
    [{ sweepIntervalMs: 0 }, 'sweepIntervalMs'],
    [{ sweepIntervalMs: 2 ** 31 }, 'sweepIntervalMs'],
    [{ sweepIntervalMs: '5' }, 'sweepIntervalMs'],
    [{ path: 'x' }, 'path'],
  ])('are refused when they are %j, naming %s', (given, option) => {
    expect(() => memoryLog(given as object)).toThrow(
      expect.objectContaining({ name: 'OptionError', option }),
    );
  });
});

describe('timeOfAppend', () => {
  it('is never before the last one', () => {
    const horizon = horizonAt(DEFAULT_RETENTION, 1_000.9);
    expect(timeOfAppend(horizon, 999)).toBe(1_000);
    expect(timeOfAppend(horizon, 5_000)).toBe(5_000);
  });
});

describe('earliestOf', () => {
  const horizon = horizonAt({ publications: 1_000_000, ageMs: 100, topAgeMs: 100 }, 500_100);
  const extent = { first: 1, top: 1_000_000, lastTime: 1_000_000 };

  it('asks for few times, however many have expired', () => {
    const asked: number[] = [];
    const timeOf = (offset: number) => {
      asked.push(offset);
      return offset;
    };
    expect(earliestOf(extent, horizon, timeOf)).toBe(500_001);
    expect(asked.length).toBeLessThan(25);
  });

  it('asks for one time when nothing has expired, and for none when everything has', () => {
    const asked: number[] = [];
    const timeOf = (offset: number) => asked.push(offset) && 600_000;
    expect(earliestOf(extent, horizon, timeOf)).toBe(1);
    expect(asked).toEqual([1]);
    expect(earliestOf({ ...extent, lastTime: 500_000 }, horizon, timeOf)).toBe(1_000_001);
    expect(asked).toEqual([1]);
  });
});

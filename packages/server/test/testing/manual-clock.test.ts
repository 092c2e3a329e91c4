import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/testing/index.ts';

describe('ManualClock', () => {
  it('stands still until it is told to move', () => {
    const clock = new ManualClock(1_000);
    expect([clock.now(), clock.elapsed()]).toEqual([1_000, 0]);
    clock.advance(250);
    expect([clock.now(), clock.elapsed()]).toEqual([1_250, 250]);
  });

  it('calls back once, at the time asked for', () => {
    const clock = new ManualClock(0);
    const calls: number[] = [];
    clock.after(100, () => calls.push(clock.now()));
    clock.advance(99);
    expect(calls).toEqual([]);
    clock.advance(500);
    expect(calls).toEqual([100]);
    expect(clock.timers).toBe(0);
  });

  it('calls back every so often until it is stopped', () => {
    const clock = new ManualClock(0);
    const calls: number[] = [];
    const stop = clock.every(10, () => calls.push(clock.now()));
    clock.advance(35);
    stop();
    clock.advance(100);
    expect(calls).toEqual([10, 20, 30]);
    expect(clock.timers).toBe(0);
  });

  it('calls back in the order of time, and of the start at the same time', () => {
    const clock = new ManualClock(0);
    const calls: string[] = [];
    clock.after(20, () => calls.push('late'));
    clock.after(10, () => calls.push('early'));
    clock.every(10, () => calls.push('every'));
    clock.advance(20);
    expect(calls).toEqual(['early', 'every', 'late', 'every']);
  });

  it('calls back what callbacks start, and not what they stop', () => {
    const clock = new ManualClock(0);
    const calls: string[] = [];
    const stopped = clock.after(20, () => calls.push('stopped'));
    clock.after(10, () => {
      stopped();
      clock.after(5, () => calls.push(`nested at ${clock.now()}`));
    });
    clock.advance(30);
    expect(calls).toEqual(['nested at 15']);
  });

  it('moves no timer when the clock is set', () => {
    const clock = new ManualClock(1_000);
    const calls: number[] = [];
    clock.after(10, () => calls.push(clock.now()));
    clock.set(500_000);
    expect(calls).toEqual([]);
    clock.advance(10);
    expect(calls).toEqual([500_010]);
    expect(clock.elapsed()).toBe(10);
  });
});

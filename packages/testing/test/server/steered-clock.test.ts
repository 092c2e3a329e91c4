import { describe, expect, it } from 'vitest';
import { SteeredClock, until } from '../../src/index.ts';

describe('a steered clock', () => {
  it('calls back at once for what falls due while it is set forward', async () => {
    const clock = new SteeredClock();
    const called: string[] = [];
    clock.after(60_000, () => called.push('after'));
    const stop = clock.every(50_000, () => called.push('every'));
    clock.advance(60_000);
    await until(
      () => called.length === 2,
      () => `called: ${called}`,
    );
    expect(called.sort()).toEqual(['after', 'every']);
    clock.advance(50_000);
    await until(
      () => called.length === 3,
      () => `called: ${called}`,
    );
    stop();
    clock.advance(50_000);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(called).toHaveLength(3);
  });

  it('goes on from there', () => {
    const clock = new SteeredClock(5_000);
    clock.advance(1_000);
    expect(clock.aheadMs).toBe(6_000);
    expect(clock.now() - Date.now()).toBeGreaterThan(5_900);
    expect(() => clock.advance(-1)).toThrow('forward');
  });
});

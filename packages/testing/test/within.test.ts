import { describe, expect, it } from 'vitest';
import { until, within } from '../src/index.ts';

describe('within', () => {
  it('gives what a promise gives in time', async () => {
    expect(await within(1_000, Promise.resolve(7), () => '')).toBe(7);
  });

  it('rejects with what happened until then', async () => {
    const seen: number[] = [];
    const late = within(20, new Promise(() => {}), () => `seen: ${seen}`);
    seen.push(1, 2);
    await expect(late).rejects.toThrow('seen: 1,2 (waited 20 ms)');
  });
});

describe('until', () => {
  it('waits for a condition', async () => {
    let asked = 0;
    await until(
      async () => ++asked === 3,
      () => 'never',
    );
    expect(asked).toBe(3);
  });

  it('rejects with what there was instead', async () => {
    await expect(
      until(
        () => false,
        () => 'there was nothing',
        20,
      ),
    ).rejects.toThrow('there was nothing (waited 20 ms)');
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Vigil } from '../../src/load/vigil.ts';

it('counts the time in which nothing came, and ends', async () => {
  const idle = new Vigil(() => 0);
  await sleep(20);
  expect(idle.end()).toBeGreaterThan(0);

  let received = 0;
  let turns = 0;
  const busy = new Vigil(() => {
    turns++;
    return received++;
  });
  await sleep(20);
  expect(busy.end()).toBe(0);
  const turnsBeforeTheEnd = turns;
  await sleep(5);
  expect(turns).toBe(turnsBeforeTheEnd);
});

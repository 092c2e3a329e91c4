import { describe, expect, it } from 'vitest';
import { fanOut } from '../src/scenarios/fan-out.ts';
import { idleMemory } from '../src/scenarios/idle-memory.ts';
import { targetNames } from '../src/target-names.ts';

/** Not pinned, and for a moment only: what is measured means nothing, but every part does its work. */
const surroundings = {
  cores: { server: undefined, load: undefined },
  durations: { warmUpMs: 20, measureMs: 50 },
};

describe.concurrent.each(targetNames)('the bench with %s', (target) => {
  it('delivers everything to everybody, in order', async () => {
    const scenario = fanOut('fan-out', '', { subscribers: 6, topics: 3, messages: 8, targets: [target] });
    const { figures } = await scenario.measure(target, surroundings);
    expect(figures['cpu']).toBeGreaterThan(0);
    expect(figures['rate']).toBeGreaterThan(0);
  });

  it('weighs idle connections', async () => {
    const { figures } = await idleMemory(20, [target]).measure(target, surroundings);
    expect(figures['memory']).toBeTypeOf('number');
  });
});

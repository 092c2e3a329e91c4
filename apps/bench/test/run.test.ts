import { describe, expect, it } from 'vitest';
import { run } from '../src/run.ts';
import { DeliveryError, type Scenario } from '../src/scenarios/scenario.ts';
import type { TargetName } from '../src/target-names.ts';

/** Runs a scenario that measures nothing, and returns in which order the targets had their turns. */
async function order(
  scenario: Partial<Scenario>,
  options: Partial<Parameters<typeof run>[0]> = {},
  compared: readonly TargetName[] = [],
) {
  const turns: TargetName[] = [];
  const lines: string[] = [];
  const [result] = await run({
    planned: [
      {
        targets: ['limit', 'ws-naive', 'trpc'],
        compared,
        scenario: {
          name: 'one',
          title: '',
          targets: ['limit', 'ws-naive', 'trpc'],
          figures: [{ name: 'cpu', title: '', unit: 'µs' }],
          baseline: 'limit',
          connections: 10,
          async *measure(target) {
            yield;
            turns.push(target);
            return { figures: { cpu: turns.length }, busy: 0 };
          },
          ...scenario,
        },
      },
    ],
    rounds: 2,
    surroundings: {
      cores: { server: undefined, load: undefined },
      effort: { warmUpMs: 1, measureMs: 1, latencyMs: 1, warmUpStorms: 1, storms: 1, slowRounds: 1 },
    },
    openFiles: 1_000,
    missing: new Map(),
    profiles: undefined,
    say: (line) => lines.push(line),
    ...options,
  });
  return { turns, lines, result };
}

describe('run', () => {
  it('gives every target its turn in each round, every other round in reverse order', async () => {
    const { turns, result, lines } = await order({});
    expect(turns).toEqual(['limit', 'ws-naive', 'trpc', 'trpc', 'ws-naive', 'limit']);
    expect(Object.keys(result?.measurements ?? {})).toEqual(['limit', 'ws-naive', 'trpc']);
    expect(result?.measurements.limit?.map(({ figures }) => figures['cpu'])).toEqual([1, 6]);
    expect(lines).toHaveLength(6);
  });

  it('lets those take turns that are compared, and the others go one by one', async () => {
    const steps: string[] = [];
    const { result } = await order(
      {
        async *measure(target) {
          for (let turn = 1; turn <= 2; turn++) {
            steps.push(`${target} ${turn}`);
            yield;
          }
          return { figures: { cpu: 1 }, busy: 0 };
        },
      },
      { rounds: 1 },
      ['limit', 'trpc'],
    );
    expect(steps).toEqual(['limit 1', 'trpc 1', 'limit 2', 'trpc 2', 'ws-naive 1', 'ws-naive 2']);
    expect(Object.keys(result?.measurements ?? {})).toEqual(['limit', 'ws-naive', 'trpc']);
  });

  it('runs a scenario that takes long less often', async () => {
    expect((await order({ slow: true }, { rounds: 5 })).turns).toHaveLength(3);
  });

  it('says why a target was left out', async () => {
    const { turns, result } = await order({}, { missing: new Map([['trpc', 'it is not here']]) });
    expect(turns).not.toContain('trpc');
    expect(result?.notes).toEqual(['trpc was left out: it is not here']);
  });

  it('says how many open files it needs when the limit is too low', async () => {
    const { turns, result, lines } = await order({ connections: 10_000 });
    expect(turns).toEqual([]);
    expect(result?.notes[0]).toContain("the limit is 1000; raise it with 'ulimit -n 10200'");
    expect(lines).toHaveLength(1);
  });

  it('keeps what failed, and goes on', async () => {
    const { result } = await order({
      async *measure(target) {
        yield;
        if (target === 'trpc') throw new DeliveryError('received 3 after 1');
        return { figures: { cpu: 1 }, busy: 0 };
      },
    });
    expect(result?.failures).toEqual([
      'trpc, round 1: received 3 after 1',
      'trpc, round 2: received 3 after 1',
    ]);
    expect(Object.keys(result?.measurements ?? {})).toEqual(['limit', 'ws-naive']);
  });
});

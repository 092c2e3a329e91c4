import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { check, formatReport } from '../../src/verify/index.ts';
import { aRun } from './support/a-run.ts';
import { constantEpochs, NO_GUARDS } from './support/commands.ts';
import { mutations } from './support/mutations.ts';
import { World } from './support/world.ts';

describe('check', () => {
  it('accepts the run that the mutations start from', async () => {
    const report = await check(aRun(), { guards: NO_GUARDS, retention: 3 });
    expect(report.verdict, formatReport(report)).toBe('held');
  });

  it.each(mutations)('finds "$name" as $kind, and nothing else', async ({ kind, mutate, options }) => {
    const mutated = mutate(aRun());
    if (!mutated) throw new Error('the run offers no place for it');

    const report = await check(mutated, { guards: NO_GUARDS, ...options });

    expect(report.verdict).toBe('violated');
    expect(Object.keys(report.violationCounts), formatReport(report)).toEqual([kind]);
  });

  it('finds them in whatever history they are made', { timeout: 60_000 }, async () => {
    const found = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(
        constantEpochs,
        fc.constantFrom(...mutations.filter(({ made }) => !made)),
        async (commands, mutation) => {
          const { name, kind, mutate, options } = mutation;
          const mutated = mutate(World.of(commands));
          if (!mutated) return;
          const report = await check(mutated, { guards: NO_GUARDS, ...options });
          expect(Object.keys(report.violationCounts), `${name}\n${formatReport(report)}`).toContain(kind);
          found.set(name, (found.get(name) ?? 0) + 1);
        },
      ),
      { numRuns: 300 },
    );
  });
});

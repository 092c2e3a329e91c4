import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { check, formatReport } from '../../src/verify/index.ts';
import { changingEpochs, constantEpochs, NO_GUARDS } from './support/commands.ts';
import { World } from './support/world.ts';

describe('check', () => {
  it('accepts every history in which the promise is kept', async () => {
    await fc.assert(
      fc.asyncProperty(constantEpochs, async (commands) => {
        const report = await check(World.of(commands), { guards: NO_GUARDS });
        expect(report.verdict, formatReport(report)).toBe('held');
      }),
      { numRuns: 500 },
    );
  });

  it('accepts new epochs that are announced, where they may begin', async () => {
    await fc.assert(
      fc.asyncProperty(changingEpochs, async (commands) => {
        const report = await check(World.of(commands), { guards: NO_GUARDS, epochs: 'may-change' });
        expect(report.verdict, formatReport(report)).toBe('held');
      }),
      { numRuns: 500 },
    );
  });
});

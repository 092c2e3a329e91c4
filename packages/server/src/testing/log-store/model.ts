import fc from 'fast-check';
import { describe, it } from 'vitest';
import { DEFAULT_RETENTION } from '../../log/log-store.ts';
import { listen } from './listener.ts';
import { logCommands, type Real, TOPICS } from './model-commands.ts';
import { LogModel } from './model-log.ts';
import type { Open } from './support.ts';

const RETENTION = { ...DEFAULT_RETENTION, publications: 4, ageMs: 1_000, topAgeMs: 3_000 };

/** Random commands, against a model that forgets nothing and computes everything anew. */
export function describeModel(open: Open, { runs, durable }: { runs: number; durable: boolean }): void {
  describe('random commands', () => {
    it('have the results that a simple model gives', { timeout: 60_000 }, async () => {
      const commands = fc.commands(logCommands(RETENTION, { durable }), { size: '+1', maxCommands: 60 });
      await fc.assert(
        fc.asyncProperty(commands, async (sequence) => {
          const opened = await open(RETENTION);
          try {
            const { store } = opened;
            const real: Real = { store, listener: await listen(store, ...TOPICS), opened };
            const model = new LogModel(RETENTION, opened.clock.now());
            await fc.asyncModelRun(() => ({ model, real }), sequence);
          } finally {
            await opened.dispose();
          }
        }),
        { numRuns: runs },
      );
    });
  });
}

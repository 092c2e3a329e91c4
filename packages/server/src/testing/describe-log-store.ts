import { describe, onTestFinished } from 'vitest';
import type { LogStore, Retention } from '../log/log-store.ts';
import { describeAnnouncements } from './log-store/announcements.ts';
import { describeAppends } from './log-store/appends.ts';
import { describeClosing } from './log-store/closing.ts';
import { describeIdempotency } from './log-store/idempotency.ts';
import { describeModel } from './log-store/model.ts';
import { describeNodes } from './log-store/nodes.ts';
import { describeReading } from './log-store/reading.ts';
import { describeReceipts } from './log-store/receipts.ts';
import { describeReopening } from './log-store/reopening.ts';
import { describeRetention } from './log-store/retention.ts';
import type { Open } from './log-store/support.ts';
import { ManualClock } from './manual-clock.ts';

/** What the suite asks of a store that it has made. */
export interface LogStoreConditions {
  /** To be filled up with the defaults. */
  readonly retention: Partial<Retention>;
  /** The only clock that the store may read. */
  readonly now: () => number;
}

/** A store under test, with no topic in it. */
export interface LogStoreFixture {
  readonly store: LogStore;
  /** Closes the last store and opens the same data again, as the next process would. Required of a durable store. */
  readonly reopen?: (conditions: LogStoreConditions) => Promise<LogStore>;
  /** Removes whatever the store leaves behind; every store of the fixture is closed by then. */
  readonly dispose?: () => void | Promise<void>;
}

export type MakeLogStore = (conditions: LogStoreConditions) => LogStoreFixture | Promise<LogStoreFixture>;

export interface LogStoreTraits {
  /** The data outlives the store, so that reopening is tested. @default false */
  readonly durable?: boolean;
  /** Several processes can share the data, so that what the store's `nodes` offer is tested. @default false */
  readonly nodes?: boolean;
  /** How many random runs the comparison with the model takes. @default 100 */
  readonly modelRuns?: number;
}

/**
 * Registers the tests that every `LogStore` must pass, for Vitest. Each test gets a store of its own.
 *
 * @example
 * describeLogStore('my store', ({ retention, now }) => ({ store: myLog({ retention, now }) }));
 */
export function describeLogStore(name: string, make: MakeLogStore, traits: LogStoreTraits = {}): void {
  const { durable = false, nodes = false, modelRuns = 100 } = traits;

  const open: Open = async (retention = {}) => {
    const clock = new ManualClock();
    const now = () => clock.now();
    const fixture = await make({ retention, now });
    const stores = [fixture.store];
    const dispose = async () => {
      for (const store of stores) await store.close();
      await fixture.dispose?.();
    };
    const reopen = async (changed = retention) => {
      if (fixture.reopen === undefined) throw new Error(`${name} is said to be durable, and has no reopen`);
      const store = await fixture.reopen({ retention: changed, now });
      stores.push(store);
      return store;
    };
    return { store: fixture.store, clock, reopen, dispose };
  };
  const openForTest: Open = async (retention) => {
    const opened = await open(retention);
    onTestFinished(opened.dispose);
    return opened;
  };

  describe(name, () => {
    describeAppends(openForTest);
    describeReading(openForTest);
    describeRetention(openForTest);
    describeIdempotency(openForTest);
    describeReceipts(openForTest);
    describeAnnouncements(openForTest);
    describeClosing(openForTest);
    if (durable) describeReopening(openForTest);
    if (nodes) describeNodes(openForTest, { durable });
    describeModel(open, { runs: modelRuns, durable });
  });
}

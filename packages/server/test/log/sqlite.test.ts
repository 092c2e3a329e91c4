import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqliteLog } from '../../src/log/sqlite.ts';
import { describeLogStore } from '../../src/testing/index.ts';

describeLogStore(
  'sqliteLog',
  (conditions) => {
    const folder = mkdtempSync(join(tmpdir(), 'vitalwire-log-'));
    const path = join(folder, 'data', 'log.db');
    let store = sqliteLog({ path, ...conditions });
    return {
      store,
      reopen: async (changed) => {
        await store.close();
        store = sqliteLog({ path, ...changed });
        return store;
      },
      dispose: () => rmSync(folder, { recursive: true }),
    };
  },
  { durable: true },
);

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Analytics } from '../../server/analytics/analytics.ts';
import { createOutbox, type OutboxRow } from '../../server/analytics/outbox.ts';
import { openClinicDatabase } from '../../server/clinic/database.ts';
import { createPeople } from '../../server/clinic/people.ts';
import { createRecords, type Diagnosis } from '../../server/clinic/records.ts';
import { seed } from '../../server/clinic/seed.ts';

/** An empty folder that goes away with its user. */
export function temporaryFolder(): { path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), 'vitalwire-demo-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** A clinic with the seeded people and diagnoses, in a real file. */
export function openClinic(path: string) {
  const database = openClinicDatabase(path);
  const records = createRecords(database);
  seed(database, records);
  const outbox = createOutbox(database);
  return {
    database,
    records,
    outbox,
    people: createPeople(database),
    analytics: new Analytics({ database, records, outbox, onAdded: () => {} }),
    diagnosis(id: number): Diagnosis {
      const found = records.diagnosis(id);
      if (found === undefined) throw new Error(`there is no diagnosis ${id}`);
      return found;
    },
    /** Settles every row as if it had been published, and returns the rows. */
    settleAll(epoch = 'test'): OutboxRow[] {
      const rows: OutboxRow[] = [];
      for (let row = outbox.next(); row !== undefined; row = outbox.next()) {
        rows.push(row);
        outbox.settle(row.id, { epoch, offset: rows.length });
      }
      return rows;
    },
    [Symbol.dispose]: () => database.close(),
  };
}

// Appends until an append fails, and then tells how everything ended: node failing-process.ts <file>
import { sqliteLog } from '../../src/log/sqlite.ts';

const [, , path] = process.argv;
if (path === undefined) throw new Error('usage: failing-process.ts <file>');

const nameOf = (error: unknown) => (error instanceof Error ? error.name : '');

const store = sqliteLog({ path });
let acknowledged = 0;
let reason = '';
let failures: string[] = [];
while (reason === '' && acknowledged < 1_000) {
  // Both in one transaction: the second begins a log.
  const [append, state] = await Promise.allSettled([
    store.append(1, { text: 'x'.repeat(4_000) }),
    store.state(2 + acknowledged),
  ]);
  if (append.status === 'fulfilled') {
    acknowledged += 1;
  } else {
    reason = String(append.reason.cause);
    failures = [nameOf(append.reason), state.status === 'rejected' ? nameOf(state.reason) : state.status];
  }
}
const afterwards = await Promise.all(
  [store.append(1, { text: 'small' }), store.state(1), store.unreceived()].map((call) =>
    call.then(String, String),
  ),
);
process.stdout.write(JSON.stringify({ acknowledged, reason, failures, afterwards }));

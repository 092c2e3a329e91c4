// Appends until an append fails, and then tells how everything ended: node failing-process.ts <file>
import { sqliteLog } from '../../src/log/sqlite.ts';

const [, , path] = process.argv;
if (path === undefined) throw new Error('usage: failing-process.ts <file>');

const store = sqliteLog({ path });
let acknowledged = 0;
let reason = '';
while (reason === '' && acknowledged < 1_000) {
  try {
    await store.append(1, { text: 'x'.repeat(4_000) });
    acknowledged += 1;
  } catch (error) {
    reason = String(error instanceof Error ? error.cause : error);
  }
}
const afterwards = await Promise.all(
  [store.append(1, { text: 'small' }), store.state(1), store.unreceived()].map((call) =>
    call.then(String, String),
  ),
);
process.stdout.write(JSON.stringify({ acknowledged, reason, afterwards }));

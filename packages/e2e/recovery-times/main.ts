// Measures how long clients with the settings that users have are away after each kind of loss, and checks that each is
// given everything once. Ends with 1 when one was not.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { catalogue } from '@vitalwire/protocol';
import { backendToken, createPublish, ServerProcess, TcpProxy } from '@vitalwire/testing';
import { feedback, range } from '../support/publications.ts';
import { temporaryFolder } from '../support/test-server.ts';
import { Crowd } from './crowd.ts';
import { type Harm, harms } from './harms.ts';

const USAGE = `npm run recovery-times -- [--clients 20] [--only ${harms.map(({ name }) => name).join(',')}]`;
const DIAGNOSIS = 1;
/** Publications that each client misses. */
const MISSED = 3;

const { values } = parseArgs({
  options: { clients: { type: 'string', default: '20' }, only: { type: 'string' } },
});
const clients = Number(values.clients);
const chosen = values.only?.split(',') ?? harms.map(({ name }) => name);
const unknown = chosen.filter((name) => !harms.some((harm) => harm.name === name));
if (!(Number.isInteger(clients) && clients > 0 && clients <= 1_000) || unknown.length > 0) {
  console.error(USAGE);
  process.exit(2);
}

console.log('| loss | cycles | median, s | worst, s |\n| --- | --- | --- | --- |');
for (const harm of harms.filter(({ name }) => chosen.includes(name))) {
  const { times, faults } = await measure(harm);
  const sorted = times.sort((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  const seconds = [median, sorted.at(-1) ?? Number.NaN].map((ms) => (ms / 1_000).toFixed(2));
  console.log(`| ${[harm.told, times.length, ...seconds].join(' | ')} |`);
  for (const fault of faults) console.error(`NOT AS PROMISED, ${harm.name}: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}

/** One loss for all clients at once: how long each was away, and what went wrong. */
async function measure(harm: Harm): Promise<{ times: number[]; faults: readonly string[] }> {
  await using folder = await temporaryFolder();
  await using server = await ServerProcess.start({ path: join(folder.path, 'log.sqlite') });
  await using proxy = await TcpProxy.start(server.port);
  using crowd = new Crowd(clients, proxy.port);
  const to = createPublish(catalogue, { url: server.url, getToken: () => backendToken() });
  let last = 0;
  const publish = async (count: number) => {
    for (const _ of range(1, count)) await to.feedbackUpdate(DIAGNOSIS, feedback(++last));
  };
  await publish(1);
  await crowd.reached(last);
  const since = await harm.strike({ crowd, proxy, server, publish: () => publish(MISSED) });
  await crowd.reached(last);
  return { times: crowd.timesSince(since), faults: crowd.faults };
}

// Breaks servers in every way it can while many publish and subscribe, and judges from the histories alone whether the
// promise held. Ends with 0 when it did, 1 when it did not, and 2 when nothing was proven.
import { parseArgs } from 'node:util';
import { formatReport } from '@vitalwire/server/verify';
import { bugs } from './broken/bugs.ts';
import { type Hunt, hunt, huntTable } from './broken/hunt.ts';
import { logKinds } from './cluster.ts';
import { faultKinds } from './faults/index.ts';
import { run } from './run.ts';

const USAGE = `pnpm verify [--minutes 5] [--log memory|sqlite|redis|redis-sentinel] [--nodes 1, or 3 with redis] [--seed <random>] [--faults <name,name>]
            [--publishers 4] [--users 20] [--rate 100] [--out <folder>]
pnpm verify --broken all|<name,name> [--seed <random>]: runs against servers that are broken on purpose
faults: ${faultKinds.map(({ name }) => name).join(', ')}
broken: ${bugs.map(({ name }) => name).join(', ')}`;

class UsageError extends Error {}

/** Within this time everything has ended that takes part in a run. */
const ENDED_WITHIN_MS = 15_000;

// Everything has ended by itself. Node 24 does not always: after children that were unreferenced, such as those of Redis,
// it may go on for ever in Environment::CleanupHandles, and keep a processor busy.
process.once('beforeExit', () => process.exit());

try {
  process.exitCode = await main();
  setTimeout(() => {
    console.error(`INCIDENT: did not end, because of ${process.getActiveResourcesInfo().join(', ')}`);
    process.exit(1);
  }, ENDED_WITHIN_MS).unref();
} catch (error) {
  // Nothing was proven, whatever the reason.
  console.error(error instanceof UsageError ? `${error.message}\n${USAGE}` : error);
  process.exitCode = 2;
}

async function main(): Promise<number> {
  const values = parsed();
  return values.broken === undefined ? verify(values) : hunted(values, values.broken);
}

/** Sees that runs find what is wrong with broken servers: 0 when all were found out, else 1. */
async function hunted(values: Values, names: string): Promise<number> {
  const chosen = names === 'all' ? bugs : chosenOf(bugs, names, 'broken');
  const seed = number('seed', values.seed, Math.floor(Math.random() * 2 ** 31));
  console.log(`pnpm verify --broken ${names} --seed ${seed}`);
  const hunts: Hunt[] = [];
  for (const bug of chosen) {
    hunts.push(await hunt(bug, seed));
    console.log(`${bug.name}: ${hunts.at(-1)?.caught ? 'caught' : 'NOT CAUGHT'}`);
  }
  console.log(`\n${huntTable(hunts)}`);
  return hunts.every(({ caught }) => caught) ? 0 : 1;
}

async function verify(values: Values): Promise<number> {
  const options = optionsOf(values);
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => stopping.abort(new Error(signal)));
  console.log(`pnpm verify --seed ${options.seed} --log ${options.log} --nodes ${options.nodes}`);
  const { report, settled, incidents, folder } = await run({
    ...options,
    imports: [],
    say: (line) => console.log(line),
    signal: stopping.signal,
  });
  console.log(formatReport(report));
  console.log(`all caught up ${Math.round(settled.caughtUpMs)} ms after the last fault was mended`);
  for (const line of settled.behind) console.log(`NEVER CAUGHT UP: ${line}`);
  for (const incident of incidents) console.log(`INCIDENT: ${incident}`);
  if (folder !== undefined) console.log(`histories and logs: ${folder}`);
  if (report.verdict === 'violated' || incidents.length > 0) return 1;
  return report.verdict === 'held' ? 0 : 2;
}

function optionsOf(values: Values) {
  const given = values.log ?? 'sqlite';
  const log = logKinds.find((kind) => kind === given);
  if (log === undefined) throw new UsageError(`--log ${given} is unknown`);
  const shared = log === 'redis' || log === 'redis-sentinel';
  const nodes = number('nodes', values.nodes, shared ? 3 : 1);
  if (nodes > 1 && !shared) throw new UsageError(`--nodes ${nodes}: a ${log} log belongs to one process`);
  return {
    durationMs: number('minutes', values.minutes, 5) * 60_000,
    log,
    nodes,
    kinds: values.faults === undefined ? faultKinds : chosenOf(faultKinds, values.faults, 'faults'),
    seed: number('seed', values.seed, Math.floor(Math.random() * 2 ** 31)),
    publishers: number('publishers', values.publishers, 4),
    users: number('users', values.users, 20),
    rate: number('rate', values.rate, 100),
    folder: values.out,
  } as const;
}

function chosenOf<T extends { readonly name: string }>(
  all: readonly T[],
  names: string,
  option: string,
): T[] {
  return names.split(',').map((name) => {
    const chosen = all.find((candidate) => candidate.name === name);
    if (chosen === undefined) throw new UsageError(`--${option} ${name} is unknown`);
    return chosen;
  });
}

type Values = ReturnType<typeof parsed>;

function parsed() {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      options: {
        minutes: text,
        log: text,
        nodes: text,
        seed: text,
        faults: text,
        publishers: text,
        users: text,
        rate: text,
        out: text,
        broken: text,
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function number(name: string, text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (!(value > 0)) throw new UsageError(`--${name} ${text} is no positive number`);
  return value;
}

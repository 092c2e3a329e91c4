import { parseArgs } from 'node:util';
import { type TargetName, targetNames } from './target-names.ts';

/** Everything; what the goals need; that in short, to have an idea. */
type Extent = 'all' | 'goals' | 'quick';

/** What is to be measured, and how. */
export interface BenchOptions {
  readonly extent: Extent;
  /** Names, when some were asked for. */
  readonly scenarios: readonly string[] | undefined;
  readonly targets: readonly TargetName[] | undefined;
  readonly rounds: number;
  /** Whether to note which functions the servers spend their time in. */
  readonly profile: boolean;
  /** The folder of the results. */
  readonly out: string;
}

/** An option that cannot be used; the message names it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const ROUNDS: Readonly<Record<Extent, number>> = { all: 5, goals: 3, quick: 1 };

/** @throws {UsageError} naming the option. */
export function parseOptions(
  args: readonly string[],
  known: { readonly scenarios: readonly string[]; readonly out: string },
): BenchOptions {
  const { goals, quick, scenario, target, rounds, profile, out } = parse(args);
  if (goals && quick) throw new UsageError('--goals and --quick exclude each other');
  const extent = goals ? 'goals' : quick ? 'quick' : 'all';
  return {
    extent,
    profile,
    scenarios: chosen('scenario', scenario, known.scenarios),
    targets: chosen('target', target, targetNames),
    rounds: rounds === undefined ? ROUNDS[extent] : count('rounds', rounds),
    out: out ?? known.out,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        goals: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        scenario: { type: 'string', multiple: true, default: [] },
        target: { type: 'string', multiple: true, default: [] },
        rounds: { type: 'string' },
        profile: { type: 'boolean', default: false },
        out: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Names may be given one by one, or several parted by commas. */
function chosen<Name extends string>(
  option: string,
  given: readonly string[],
  known: readonly Name[],
): Name[] | undefined {
  const names = given.flatMap((text) => text.split(','));
  for (const name of names) {
    if (!known.some((one) => one === name)) {
      throw new UsageError(`--${option} ${name} is unknown; known are ${known.join(', ')}`);
    }
  }
  return names.length === 0 ? undefined : known.filter((name) => names.includes(name));
}

function count(option: string, text: string): number {
  if (!/^[1-9][0-9]{0,3}$/.test(text)) throw new UsageError(`--${option} ${text} is no positive integer`);
  return Number(text);
}

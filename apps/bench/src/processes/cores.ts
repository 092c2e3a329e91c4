import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Which core runs what. Where processes cannot be pinned the operating system decides. */
export interface Cores {
  readonly server: number | undefined;
  readonly load: number | undefined;
}

/** Reads a list of cores as Linux writes it: `0-3,8` are 0, 1, 2, 3 and 8. */
export function parseCoreList(text: string): number[] {
  return text
    .trim()
    .split(',')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}

/** Two cores as far apart as can be, since neighbours may be threads of one core. One alone is no reason to pin. */
export function chooseCores(allowed: readonly number[]): Cores {
  const server = allowed[0];
  const load = allowed.at(-1);
  return server === load ? { server: undefined, load: undefined } : { server, load };
}

/** The cores of this machine that the bench uses. */
export function findCores(): Cores {
  const nowhere = { server: undefined, load: undefined };
  if (spawnSync('taskset', ['--version'], { stdio: 'ignore' }).status !== 0) return nowhere;
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    return chooseCores(parseCoreList(/^Cpus_allowed_list:\s*(.*)$/m.exec(status)?.[1] ?? ''));
  } catch {
    return nowhere;
  }
}

/** Moves a running process, which was started by others, to a core. */
export function pin(pid: number, core: number | undefined): void {
  if (core === undefined) return;
  const { status, stderr } = spawnSync('taskset', ['--cpu-list', '--pid', `${core}`, `${pid}`], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`process ${pid} could not be pinned: ${stderr}`);
}

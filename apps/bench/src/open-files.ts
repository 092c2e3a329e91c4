import { readFileSync } from 'node:fs';

/** How many files a process may have open, from `/proc/self/limits`; Node raises its limit as far as it may. */
export function parseOpenFiles(limits: string): number {
  const value = /^Max open files\s+(\S+)/m.exec(limits)?.[1];
  return value === undefined || value === 'unlimited' ? Number.POSITIVE_INFINITY : Number(value);
}

/** How many files a process of this machine may have open. Where nobody tells, opening too many will. */
export function openFileLimit(): number {
  try {
    return parseOpenFiles(readFileSync('/proc/self/limits', 'utf8'));
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

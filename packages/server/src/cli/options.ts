import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { variableOf } from './environment.ts';

/** An option that its environment variable can set as well. */
export function option(flags: string, description: string): Option {
  const made = new Option(flags, description);
  return made.env(variableOf(made.long ?? flags));
}

/** Reads a whole number within bounds. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

const UNIT_SECONDS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Reads a duration such as `90s`, `15m`, `1h` or `7d`, in seconds. */
export function duration(text: string): number {
  const [, amount = '', unit = ''] = /^([1-9]\d{0,6})([smhd])$/.exec(text) ?? [];
  const seconds = Number(amount) * (UNIT_SECONDS[unit] ?? 0);
  if (seconds === 0) throw new InvalidArgumentError('Expected a duration such as 90s, 15m, 1h or 7d.');
  return seconds;
}

/** Reads a list separated by commas. */
export function list(text: string): string[] {
  return text.split(',').map((item) => item.trim());
}

/** The file of the SQLite log in its folder. */
export function logFileIn(folder: string): string {
  return join(folder, 'vitalwire.db');
}

/** The secret in a file; a line end after it does not belong to it. */
export function readSecret(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new Error(`--jwt-secret-file ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

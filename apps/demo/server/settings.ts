import { resolve } from 'node:path';

/** How the demo runs. */
export interface Settings {
  /** 0 takes a free port. */
  readonly port: number;
  readonly host: string;
  /** Folder of the databases and of the secret; created when it is missing. */
  readonly dataFolder: string;
  /** How long a token for the live connection counts. */
  readonly tokenSeconds: number;
  /** Most publications that are kept of a diagnosis. */
  readonly retention: number;
}

/** An environment variable that cannot be used. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

/**
 * Reads the settings from environment variables; README.md lists them.
 *
 * @throws {SettingError} naming the variable.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  return {
    port: integer('PORT', 8000, 0, 65_535),
    host: env['HOST'] || '127.0.0.1',
    dataFolder: resolve(env['VITALWIRE_DEMO_DATA'] || 'data'),
    tokenSeconds: integer('VITALWIRE_DEMO_TOKEN_SECONDS', 600, 1, 86_400),
    retention: integer('VITALWIRE_DEMO_RETENTION', 1_000, 1, 1_000_000),
  };

  function integer(name: string, usual: number, least: number, most: number): number {
    const given = env[name];
    if (given === undefined || given === '') return usual;
    const number = Number(given);
    if (/^\d+$/.test(given) && number >= least && number <= most) return number;
    throw new SettingError(`${name} must be a whole number from ${least} to ${most}, not "${given}"`);
  }
}

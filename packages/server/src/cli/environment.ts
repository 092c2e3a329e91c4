import type { Command } from 'commander';

const PREFIX = 'VITALWIRE_';

/** The environment variable that stands for an option: `VITALWIRE_PORT` for `--port`. */
export function variableOf(flag: string): string {
  return PREFIX + flag.replace(/^--/, '').replaceAll('-', '_').toUpperCase();
}

/** Refuses a misspelt variable of ours, which would otherwise be passed over in silence. */
export function refuseUnknownVariables(command: Command, environment: NodeJS.ProcessEnv): void {
  const siblings = command.parent?.commands ?? [command];
  const known = new Set(siblings.flatMap(({ options }) => options.map((option) => option.envVar)));
  const unknown = Object.keys(environment).filter((name) => name.startsWith(PREFIX) && !known.has(name));
  if (unknown.length === 0) return;
  command.error(
    `error: unknown environment variable ${unknown.join(', ')}; known are ${[...known].join(', ')}`,
  );
}

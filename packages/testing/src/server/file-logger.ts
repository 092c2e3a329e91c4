import { appendFileSync } from 'node:fs';
import type { Logger } from '@vitalwire/server';

/** A logger that appends to a file at once, so that the last words before a kill are there. */
export function fileLogger(file: string): Logger {
  const log = (level: string) => (fields: object, message: string) =>
    appendFileSync(
      file,
      `${new Date().toISOString()} ${process.pid} ${level} ${message} ${JSON.stringify(fields, showErrors)}\n`,
    );
  return { debug: () => {}, info: log('info'), warn: log('warn'), error: log('error') };
}

function showErrors(_name: string, value: unknown): unknown {
  return value instanceof Error ? { message: value.message, stack: value.stack, cause: value.cause } : value;
}

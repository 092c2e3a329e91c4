import type { Logger } from '../../src/logger.ts';

/** One line of the log. */
interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

/** A logger that keeps every line. */
export interface RecordingLogger extends Logger {
  readonly lines: LogLine[];
  /** Everything that was logged, as one text: for the search after secrets. */
  text(): string;
}

export function recordingLogger(): RecordingLogger {
  const lines: LogLine[] = [];
  const record = (level: LogLine['level']) => (fields: object, message: string) =>
    void lines.push({ level, fields: { ...fields }, message });
  return {
    lines,
    debug: record('debug'),
    info: record('info'),
    warn: record('warn'),
    error: record('error'),
    text: () =>
      // Errors have no enumerable fields, so they are written out the way pino does.
      JSON.stringify(lines, (_key, value) =>
        value instanceof Error
          ? { name: value.name, message: value.message, stack: value.stack, cause: value.cause }
          : value,
      ),
  };
}

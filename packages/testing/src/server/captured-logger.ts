import type { Logger } from '@vitalwire/server';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

/** A logger that keeps what the server says. */
export class CapturedLogger implements Logger {
  readonly lines: LogLine[] = [];

  debug(fields: object, message: string): void {
    this.#add('debug', fields, message);
  }

  info(fields: object, message: string): void {
    this.#add('info', fields, message);
  }

  warn(fields: object, message: string): void {
    this.#add('warn', fields, message);
  }

  error(fields: object, message: string): void {
    this.#add('error', fields, message);
  }

  /** The first line with this message whose fields include these. */
  find(message: string, fields: Record<string, unknown> = {}): LogLine | undefined {
    return this.lines.find(
      (line) =>
        line.message === message &&
        Object.entries(fields).every(([name, value]) => line.fields[name] === value),
    );
  }

  /** Everything that was said, as text, errors with their messages, stacks and causes. */
  get text(): string {
    return this.lines.map((line) => JSON.stringify(line, showErrors)).join('\n');
  }

  #add(level: LogLine['level'], fields: object, message: string): void {
    this.lines.push({ level, fields: { ...fields }, message });
  }
}

function showErrors(_name: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  return { ...value, name: value.name, message: value.message, stack: value.stack, cause: value.cause };
}

import { flushCompileCache } from 'node:module';

/** What a process can be asked for, by name. Arguments and results travel as JSON. */
export type Calls<C> = { [Name in keyof C]: (...args: never[]) => unknown };

/** A question over the IPC channel. */
export interface Question {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

/** Its answer. */
export interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** Answers the parent's calls from now on, and tells it so. The process ends with its parent. */
export function answerCalls<C extends Calls<C>>(calls: C): void {
  process.on('disconnect', () => process.exit(0));
  process.on('message', ({ id, name, args }: Question) => {
    answer(calls[name as keyof C], args).then(
      (result) => process.send?.({ id, result } satisfies Answer),
      (error: unknown) => process.send?.({ id, error: describe(error) } satisfies Answer),
    );
  });
  flushCompileCache(); // now, since this process may be killed
  process.send?.({ id: 0 } satisfies Answer);
}

async function answer(call: (...args: never[]) => unknown, args: readonly unknown[]): Promise<unknown> {
  return call(...(args as never[]));
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

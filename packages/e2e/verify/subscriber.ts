import type { Position } from '@vitalwire/protocol';
import type { User } from './user.ts';

/** Somebody who receives. */
export interface Subscriber {
  readonly name: string;
  readonly user: User;
  readonly topics: readonly number[];
  readonly connected: boolean;
  /** Why the server sent it away for good; `undefined` while it did not. */
  readonly refusal: string | undefined;
  /** Whether it was given everything up to a position, as far as it can tell. */
  hasPassed(topic: number, position: Position): boolean;
  /** Connects again, after a refusal. */
  retry(): void;
  /** Ends for good. */
  end(code: string): void;
}

/** Whether a place lies at or after a position; a place in another epoch does not. */
export function passed(place: Position | undefined, { epoch, offset }: Position): boolean {
  return place !== undefined && place.epoch === epoch && place.offset >= offset;
}

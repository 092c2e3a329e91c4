import type { Position, Recovery } from '@vitalwire/protocol';
import type { Cursor, Outlet } from '../../src/cursor.ts';
import type { Selection } from '../../src/delivery.ts';
import { framesIn } from '../../src/testing/frames-in.ts';

/** What a cursor handed over, in order: the recoveries it announced, and the offsets of its publications. */
export class RecordingOutlet implements Outlet {
  readonly events: (number | Recovery)[] = [];
  readonly failures: unknown[] = [];
  /** Why it stood still. */
  readonly halts: unknown[] = [];
  writable = true;
  /** Called after each delivery. */
  onDeliver: () => void = () => {};

  opened(_: Cursor, recovery: Recovery, _top: Position): void {
    this.events.push(recovery);
  }

  deliver(_: Cursor, { bytes }: Selection): void {
    for (const { payload } of framesIn(bytes)) {
      const message = JSON.parse(payload) as { offset: number };
      this.events.push(message.offset);
    }
    this.onDeliver();
  }

  halted(_: Cursor, error: unknown): void {
    this.halts.push(error);
  }

  failed(_: Cursor, error: unknown): void {
    this.failures.push(error);
  }

  get offsets(): number[] {
    return this.events.filter((event) => typeof event === 'number');
  }

  get recoveries(): Recovery[] {
    return this.events.filter((event) => typeof event !== 'number');
  }
}

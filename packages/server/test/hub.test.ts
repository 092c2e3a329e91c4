import { describe, expect, it } from 'vitest';
import { systemClock } from '../src/clock.ts';
import { Cursor } from '../src/cursor.ts';
import { Hub } from '../src/hub.ts';
import { memoryLog } from '../src/log/memory.ts';
import { SharedReads } from '../src/shared-reads.ts';
import { RecordingOutlet } from './support/recording-outlet.ts';

describe('Hub', () => {
  const reads = new SharedReads(memoryLog(), { publications: 1, size: 1 });
  const cursorOf = (userId: string) => new Cursor(1, userId, reads, new RecordingOutlet());

  it('counts the users of an audience in one map, which holds nobody who is gone', () => {
    const hub = new Hub(systemClock);
    const [first, second, other] = [cursorOf('ann'), cursorOf('ann'), cursorOf('bob')];
    const { users } = hub.join(first);
    hub.join(second);
    expect(hub.join(other).users).toBe(users);
    expect(users).toEqual(
      new Map([
        ['ann', 2],
        ['bob', 1],
      ]),
    );
    expect(hub.leave(other)?.users).toBe(users);
    hub.leave(first);
    expect(users).toEqual(new Map([['ann', 1]]));
    hub.leave(second);
    expect(users).toEqual(new Map());
    expect(hub.leave(second)).toBeUndefined();
  });

  it('counts who may see a publication', () => {
    const hub = new Hub(systemClock);
    for (const userId of ['ann', 'ann', 'bob']) hub.join(cursorOf(userId));
    const count = (to?: string) => hub.countRecipients(1, to);
    expect([count(), count('ann'), count('bob'), count('eve')]).toEqual([3, 2, 1, 0]);
    expect(hub.countRecipients(2, undefined)).toBe(0);
  });
});

import type { Position, Recovery } from '@vitalwire/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { continuityOf } from '../src/continuity.ts';

const at = (offset: number, epoch = 'e'): Position => ({ epoch, offset });
const span = (from: number, to: number, count: number, status: 'recovered' | 'fresh' = 'recovered') =>
  ({ status, from: `e:${from}`, to: `e:${to}`, count }) satisfies Recovery;
const gap = (reason: 'retention' | 'epoch_changed' | 'position_unknown', lastSeen: string, from: number) =>
  ({
    status: 'gap',
    reason,
    last_seen: lastSeen,
    first_available: `e:${from + 1}`,
    from: `e:${from}`,
    to: 'e:9',
    count: 9 - from,
  }) satisfies Recovery;

describe('the continuity of a subscription', () => {
  it.each<[string, Position | undefined, Recovery, object]>([
    [
      'begins here',
      undefined,
      span(2, 9, 7, 'fresh'),
      { status: 'live', fresh: true, from: at(2), count: 7 },
    ],
    ['missed nothing', at(9), span(9, 9, 0), { status: 'live', fresh: false, from: at(9), count: 0 }],
    [
      'missed nothing that is for this user',
      at(4),
      span(4, 9, 0),
      { status: 'live', fresh: false, from: at(4), count: 0 },
    ],
    ['is given what it missed', at(4), span(4, 9, 5), { status: 'recovered', from: at(4), count: 5 }],
    [
      'is given what its user missed',
      undefined,
      span(4, 9, 5),
      { status: 'recovered', from: at(4), to: at(9), count: 5 },
    ],
    ['has come further than the server begins', at(9), span(4, 9, 5), { status: 'live', count: 0 }],
  ])('says when it %s', (_, received, recovery, expected) => {
    expect(continuityOf(1, received, recovery)).toMatchObject(expected);
  });

  it.each<[string, Position | undefined, Recovery, Position]>([
    ['retention', at(2), gap('retention', 'e:2', 5), at(2)],
    ['epoch_changed', at(2, 'old'), gap('epoch_changed', 'old:2', 0), at(2, 'old')],
    ['position_unknown', at(99), gap('position_unknown', 'e:99', 0), at(99)],
    // Of the user, on whichever device.
    ['retention', undefined, gap('retention', 'e:2', 5), at(2)],
    // The server had come further than the client, over places that are not for this user.
    ['retention', at(2), gap('retention', 'e:4', 5), at(2)],
  ])('is a gap by %s', (reason, received, recovery, lastSeen) => {
    expect(continuityOf(7, received, recovery)).toMatchObject({
      status: 'gap',
      diagnosisId: 7,
      reason,
      lastSeen,
      firstAvailable: { epoch: 'e', offset: Number(recovery.from.split(':')[1]) + 1 },
      from: at(Number(recovery.from.split(':')[1])),
      to: at(9),
    });
  });

  it('believes a gap of its own position, whatever else would fit', () => {
    expect(continuityOf(1, at(5), gap('position_unknown', 'e:5', 5))).toMatchObject({ status: 'gap' });
  });

  describe('for one that the server was not asked for', () => {
    it.each<[string, Position, Recovery]>([
      ['epoch_changed', at(3, 'old'), span(0, 9, 9)],
      ['position_unknown', at(10), span(4, 9, 5)],
      ['retention', at(3), span(4, 9, 5)],
    ])('is a gap by %s', (reason, received, recovery) => {
      expect(continuityOf(1, received, recovery)).toMatchObject({
        status: 'gap',
        reason,
        lastSeen: received,
      });
    });

    it('is no gap of the other one', () => {
      expect(continuityOf(1, at(9), gap('retention', 'e:2', 5))).toMatchObject({ status: 'live' });
    });

    it('shows later, while what comes was received before', () => {
      expect(continuityOf(1, at(6), span(4, 9, 5))).toBeUndefined();
    });
  });

  it('never claims to go on over a hole', () => {
    const place = fc.record({ epoch: fc.constantFrom('e', 'old'), offset: fc.nat(12) });
    fc.assert(
      fc.property(place, fc.nat(6), fc.nat(6), (received, from, more) => {
        const continuity = continuityOf(1, received, span(from, from + more, more));
        const covered = received.epoch === 'e' && received.offset >= from && received.offset <= from + more;
        expect(continuity?.status === 'gap').toBe(!covered);
        if (covered) expect(continuity?.from ?? received).toEqual(received);
      }),
    );
  });
});

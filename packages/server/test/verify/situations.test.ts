import { describe, expect, it } from 'vitest';
import {
  type CheckOptions,
  check,
  formatReport,
  type HistoryEvent,
  type Recorded,
} from '../../src/verify/index.ts';
import { NO_GUARDS } from './support/commands.ts';
import { World } from './support/world.ts';

const TOPIC = 7;
const at = (offset: number, epoch = 'e') => ({ epoch, offset });

/** A history by hand: each event a millisecond after the one before, unless it says when. */
function history(...events: (Recorded & { at?: number })[]): HistoryEvent[] {
  let now = 0;
  return events.map((event) => {
    now = event.at ?? now + 1;
    return { process: 'hand', ...event, at: now };
  });
}

function published(...offsets: number[]): Recorded[] {
  return offsets.flatMap((offset): Recorded[] => [
    {
      type: 'publish.begun',
      publisher: 'p',
      id: `p-${offset}`,
      topic: TOPIC,
      attempt: 1,
      counter: offset,
      digest: `digest ${offset}`,
    },
    { type: 'publish.acknowledged', id: `p-${offset}`, attempt: 1, position: at(offset) },
  ]);
}

function opened(
  kind: 'client' | 'plain',
  status: 'fresh' | 'recovered' | 'gap',
  from: number,
  to: number,
  more: object = {},
): Recorded {
  const recovery = { status, from: at(from), to: at(to), count: to - from, ...more };
  return { type: 'subscription.opened', subscriber: 's', user: 'u', topic: TOPIC, kind, recovery };
}

function delivered(...offsets: number[]): Recorded[] {
  return offsets.map((offset) => ({
    type: 'delivery',
    subscriber: 's',
    topic: TOPIC,
    position: at(offset),
    id: `p-${offset}`,
    digest: `digest ${offset}`,
  }));
}

function end(earliest: number, top: number): Recorded[] {
  const entries = Array.from({ length: top - earliest + 1 }, (_, index) => ({
    offset: earliest + index,
    id: `p-${earliest + index}`,
  }));
  return [
    { type: 'settled' },
    { type: 'log.read', node: 'n', topic: TOPIC, epoch: 'e', earliest, top, entries },
  ];
}

async function kindsIn(events: HistoryEvent[], options: CheckOptions = {}): Promise<string[]> {
  const report = await check(events, { guards: NO_GUARDS, ...options });
  expect(report.verdict, formatReport(report)).toBe(report.violations.length > 0 ? 'violated' : 'held');
  return Object.keys(report.violationCounts);
}

describe('check', () => {
  it('accepts a smaller count when the retention took the rest at once, and a gap says so', async () => {
    const recovered = opened('plain', 'recovered', 1, 4, { count: 1 });
    const gap = { reason: 'retention', lastSeen: at(1), firstAvailable: at(4) };
    const events = history(
      opened('plain', 'fresh', 0, 0),
      ...published(1, 2, 3, 4),
      ...delivered(1),
      recovered,
      opened('plain', 'gap', 3, 4, gap),
      ...delivered(4),
      ...end(4, 4),
    );
    expect(await kindsIn(events)).toEqual([]);
    expect(await kindsIn(events.filter((event) => event.at !== 12))).not.toEqual([]);
  });

  it('accepts a fresh start after what was received without proof, as far as the log reaches', async () => {
    const story = (earliest: number) =>
      history(
        opened('plain', 'fresh', 0, 0),
        ...published(1, 2, 3, 4),
        ...delivered(1, 2),
        opened('plain', 'fresh', 3, 4),
        ...delivered(4),
        ...end(earliest, 4),
      );
    expect(await kindsIn(story(4))).toEqual([]);
    expect(await kindsIn(story(3))).toEqual(['skip']);
  });

  it('finds a new epoch in a run whose logs lose nothing, even if it is announced', async () => {
    const publish = {
      do: 'publish',
      publisher: 0,
      topic: 0,
      to: undefined,
      outcome: 'acknowledged',
    } as const;
    const events = World.of([publish, { do: 'newEpoch', topic: 0, keep: 1 }, publish]);
    expect(await kindsIn(events)).toEqual(['epoch-lie']);
    expect(await kindsIn(events, { epochs: 'may-change' })).toEqual([]);
  });

  it('finds a subscriber who was never told of a new epoch', async () => {
    const events = history(
      opened('client', 'fresh', 0, 0),
      ...published(1),
      ...delivered(1),
      { type: 'settled' },
      { type: 'log.read', node: 'n', topic: TOPIC, epoch: 'other', earliest: 1, top: 0, entries: [] },
    );
    expect(await kindsIn(events, { epochs: 'may-change' })).toEqual(['undelivered']);
  });

  it('finds what was published after a revocation and delivered at once', async () => {
    const story = (begunAt: number) =>
      history(
        opened('client', 'fresh', 0, 0),
        { type: 'access.revoked', user: 'u', at: 1_000 },
        ...published(1).map((event) => ({ ...event, at: begunAt })),
        ...delivered(1),
        ...end(1, 1),
      );
    expect(await kindsIn(story(1_500))).toEqual([]);
    expect(await kindsIn(story(2_001))).toEqual(['published-after-revocation']);
    expect(await kindsIn(story(1_500), { access: { revocationMs: 0 } })).toEqual([
      'published-after-revocation',
    ]);
  });

  it('lets access to one topic end without that to another, and begin again', async () => {
    const story = (...access: Recorded[]) =>
      history(
        opened('client', 'fresh', 0, 0),
        { type: 'access.revoked', user: 'u', topic: TOPIC },
        { type: 'access.revoked', user: 'u', topic: 8 },
        ...access,
        ...published(1).map((event) => ({ ...event, at: 60_000 })),
        ...delivered(1),
        ...end(1, 1),
      );
    expect(await kindsIn(story())).toEqual(['published-after-revocation']);
    expect(await kindsIn(story({ type: 'access.granted', user: 'u', topic: 8 }))).not.toEqual([]);
    expect(await kindsIn(story({ type: 'access.granted', user: 'u', topic: TOPIC }))).toEqual([]);
    expect(await kindsIn(story({ type: 'access.granted', user: 'u' }))).toEqual([]);
  });

  it('owes nothing to who ended, or was kept out', async () => {
    const story = (...events: Recorded[]) =>
      history(opened('client', 'fresh', 0, 0), ...events, ...published(1), ...end(1, 1));
    expect(await kindsIn(story())).toEqual(['undelivered']);
    const ended = { type: 'subscriber.ended', subscriber: 's' } as const;
    expect(await kindsIn(story({ ...ended, code: 'closed' }))).toEqual([]);
    expect(await kindsIn(story({ ...ended, code: 'closed', topic: 8 }))).toEqual(['undelivered']);
    expect(await kindsIn(story({ ...ended, code: 'invalid_token' }))).toEqual(['undelivered']);
    // The end may be seen before the answer to the revocation.
    const revoked = { type: 'access.revoked', user: 'u' } as const;
    expect(await kindsIn(story({ ...ended, code: 'invalid_token' }, revoked))).toEqual([]);
  });

  it('takes what a client was told before its first connect was recorded', async () => {
    const gap = {
      type: 'gap',
      subscriber: 's',
      topic: TOPIC,
      reason: 'retention',
      lastSeen: at(1),
      firstAvailable: at(3),
      from: at(2),
    } as const;
    const events = history(
      ...published(1, 2, 3),
      gap,
      opened('client', 'gap', 2, 3, { reason: 'retention', lastSeen: at(1), firstAvailable: at(3) }),
      ...delivered(3),
      ...end(3, 3),
    );
    expect(await kindsIn(events)).toEqual([]);
  });

  it('lets a reloaded client be given the last publication again, once', async () => {
    const story = (...again: number[]) =>
      history(
        opened('client', 'fresh', 0, 0),
        ...published(1, 2),
        ...delivered(1, 2),
        { type: 'subscriber.reloaded', subscriber: 's' },
        opened('client', 'recovered', 1, 2),
        ...delivered(...again),
        ...end(1, 2),
      );
    expect(await kindsIn(story(2))).toEqual([]);
    expect(await kindsIn(story(2, 2))).toEqual(['duplicate-delivery']);
    expect(await kindsIn(story(1))).toEqual(['duplicate-delivery']);
  });

  it('lets a plain subscriber begin after what another device of its user received', async () => {
    const story = (user: string) =>
      history(
        opened('plain', 'fresh', 0, 0),
        { ...opened('client', 'fresh', 0, 0), subscriber: 'other', user } as Recorded,
        ...published(1, 2, 3),
        ...delivered(1),
        ...delivered(1, 2).map((event) => ({ ...event, subscriber: 'other' }) as Recorded),
        opened('plain', 'recovered', 2, 3),
        ...delivered(3),
        { ...delivered(3)[0], subscriber: 'other' } as Recorded,
        ...end(1, 3),
      );
    expect(await kindsIn(story('u'))).toEqual([]);
    expect(await kindsIn(story('v'))).toEqual(['false-recovered']);
  });

  it('finds a resume that begins before the position it was asked for, also of a plain subscriber', async () => {
    const story = (from: number) =>
      history(
        opened('plain', 'fresh', 0, 0),
        ...published(1, 2, 3),
        ...delivered(1, 2),
        { ...opened('plain', 'recovered', from, 3), after: at(2) } as Recorded,
        ...delivered(...[2, 3].filter((offset) => offset > from)),
        ...end(1, 3),
      );
    expect(await kindsIn(story(2))).toEqual([]);
    expect(await kindsIn(story(1))).toEqual(['duplicate-delivery']);
  });
});

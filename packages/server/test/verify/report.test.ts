import { describe, expect, it } from 'vitest';
import { Checker, check, formatReport, type Guards, type HistoryEvent } from '../../src/verify/index.ts';
import { aRun } from './support/a-run.ts';
import { NO_GUARDS } from './support/commands.ts';
import { mutations } from './support/mutations.ts';

const without = (history: HistoryEvent[], ...types: HistoryEvent['type'][]) =>
  history.filter(({ type }) => !types.includes(type));

describe('a run that proves nothing', () => {
  const enough: Partial<Guards> = { acknowledged: 40, acknowledgedDuringFaults: 10, unknown: 3, faults: 4 };

  it('is one that shows less than was asked for', async () => {
    const held = await check(aRun(), { guards: enough });
    expect(held.verdict, formatReport(held)).toBe('held');
    const asked = {
      acknowledged: 1_000,
      acknowledgedDuringFaults: 500,
      unknown: 10,
      faults: 5,
      recovered: 99,
      live: 999,
    };
    const report = await check(aRun(), { guards: asked });
    expect(report.verdict).toBe('invalid');
    expect(report.invalid).toEqual([
      expect.stringMatching(/^acknowledged publications: \d+, and at least 1000/),
      expect.stringMatching(/^acknowledged during faults: \d+, and at least 500/),
      expect.stringMatching(/^attempts without a verdict: 5, and at least 10/),
      expect.stringMatching(/^faults that did something: 4, and at least 5/),
      expect.stringMatching(/^recovered deliveries: \d+, and at least 99/),
      expect.stringMatching(/^live deliveries: \d+, and at least 999/),
    ]);
  });

  it.each<[string, (history: HistoryEvent[]) => HistoryEvent[], RegExp]>([
    ['was not settled', (it) => without(it, 'settled'), /not settled/],
    ['has unread logs', (it) => without(it, 'log.read'), /the log of topic 501 was not read/],
    [
      'has faults without effect',
      (it) => it.map((event) => (event.type === 'fault.ended' ? { ...event, effect: 0 } : event)),
      /cut never had an effect/,
    ],
    [
      'is late itself',
      (it) => it.map((event) => (event.type === 'sample' ? { ...event, loopDelayMs: 150 } : event)),
      /150 ms late itself/,
    ],
    [
      'published too slowly',
      (it) => it.map((event) => (event.type === 'run.begun' ? { ...event, rate: 1_000 } : event)),
      /a second instead of 1000/,
    ],
    ['is not in order', (it) => it.toReversed(), /not in the order of time|after a later event/],
    ['has answers without requests', (it) => without(it, 'publish.begun'), /which nobody published/],
    ['has deliveries without subscriptions', (it) => without(it, 'subscription.opened'), /never subscribed/],
  ])('is one that %s', async (_, change, reason) => {
    const report = await check(change(aRun()), { guards: { ...NO_GUARDS, faults: 0 } });
    expect(report.invalid).toEqual(expect.arrayContaining([expect.stringMatching(reason)]));
    expect(report.verdict).not.toBe('held');
  });

  it('is violated all the same when something is wrong', async () => {
    const [row] = mutations;
    const report = await check(row?.mutate(aRun()) ?? [], { guards: { acknowledged: 1e6 } });
    expect(report.verdict).toBe('violated');
  });
});

describe('a report', () => {
  it('counts what happened', async () => {
    const { counts, seed, about, liveness } = await check(aRun(), { guards: NO_GUARDS });
    const history = aRun();
    const deliveries = history.filter(({ type }) => type === 'delivery').length;
    expect(counts).toMatchObject({
      events: history.length,
      topics: 2,
      subscriptions: 8,
      deliveries,
      publications: { failed: 1, unknown: 4, unknownAppeared: 2 },
      gaps: { retention: 2 },
      faults: { cut: { count: 4, effective: 4 } },
    });
    expect(counts.repeatedDeliveries).toBeGreaterThan(0);
    expect(counts.recoveredDeliveries).toBeGreaterThan(0);
    expect([seed, about]).toEqual([1, { log: 'imagined' }]);
    expect(liveness.acknowledgementMs.count).toBe(counts.publications.acknowledged);
    expect(liveness.caughtUpAfterFaultMs.count).toBe(4);
  });

  it('says how long somebody waited', async () => {
    const fault = { fault: 'cut', target: 'x' };
    const ended = { type: 'fault.ended' as const, ...fault, effect: 1 };
    // The last publication reaches somebody only 500 ms later than all others, and 200 ms after the end of a fault.
    const history = aRun();
    const late = history.findLast((event) => event.type === 'delivery' && event.topic === 502);
    const last = history.find(
      (event) => event.type === 'publish.acknowledged' && late?.type === 'delivery' && event.id === late.id,
    );
    const moved = history.flatMap((event): HistoryEvent[] => {
      if (event === late) return [];
      if (event.type !== 'settled') return [event];
      const at = (last?.at ?? 0) + 300;
      return [
        { type: 'fault.begun', ...fault, at, process: 'p' },
        { ...ended, at, process: 'p' },
        ...(late ? [{ ...late, at: at + 200 }] : []),
      ];
    });
    const { liveness } = await check(moved, { guards: NO_GUARDS });
    expect(liveness.caughtUpAfterFaultMs.max).toBe(200);
    expect(liveness.longestWaitMs).toBe(500);
  });

  it('does not take for a wait that a log which was put back hands out what had arrived', async () => {
    const longest = async (history: readonly HistoryEvent[]) =>
      (await check(history, { guards: NO_GUARDS, epochs: 'may-change' })).liveness.longestWaitMs;
    const history = aRun();
    const arrived = history.flatMap((event) => (event.type === 'publish.acknowledged' ? [event.id] : []));
    const last = history.findLast((event) => event.type === 'delivery' && arrived.includes(event.id));
    const again = history.flatMap((event): HistoryEvent[] => {
      if (event.type !== 'settled' || last?.type !== 'delivery') return [event];
      const at = event.at + 60_000;
      const position = { epoch: 'the-next-epoch', offset: 1 };
      return [
        { ...last, at, position, recovered: true },
        { ...event, at },
      ];
    });
    expect(again.length).toBe(history.length + 1);
    expect(await longest(again)).toBe(await longest(history));
  });

  it('keeps the first violations of each kind, and counts all', async () => {
    const repeated = aRun().flatMap((event) =>
      Array<HistoryEvent>(event.type === 'delivery' ? 2 : 1).fill(event),
    );
    const report = await check(repeated, { guards: NO_GUARDS, examples: 3 });
    const deliveries = aRun().filter(({ type }) => type === 'delivery').length;
    expect(report.violationCounts).toEqual({ 'duplicate-delivery': deliveries });
    expect(report.violations).toHaveLength(3);
  });

  it('claims no more than the number of faults allows', async () => {
    const cut = { fault: 'cut', target: 'x', process: 'p' };
    const withFaults = (count: number) => [
      ...Array.from({ length: count }, (_, i) => [
        { type: 'fault.begun' as const, at: i / 10_000, ...cut },
        { type: 'fault.ended' as const, at: i / 10_000, ...cut, effect: 1 },
      ]).flat(),
      ...aRun(),
    ];
    const claim = async (count: number) => (await check(withFaults(count), { guards: NO_GUARDS })).claim;
    expect(await claim(296)).toMatch(/in 300 faults: with 95 % confidence fewer than 1 % /);
    expect(await claim(996)).toMatch(/in 1000 faults: with 95 % confidence fewer than 0.3 % /);
    expect(await claim(0)).toMatch(/in 4 faults, too few/);
    expect((await check([], { guards: NO_GUARDS })).claim).toMatch(/proves? anything|nothing/);
  });

  it('is printed for people', async () => {
    const held = formatReport(await check(aRun(), { guards: NO_GUARDS }));
    expect(held).toMatch(/^HELD – \d+ deliveries to 8 subscriptions in/);
    expect(held).toMatch(/^run +seed 1, log imagined$/m);
    expect(held).toMatch(/^faults +4: 4 cut; \d+ acknowledged meanwhile$/m);
    expect(held).toMatch(/^claim: /m);
    const [row] = mutations;
    const violated = formatReport(await check(row?.mutate(aRun()) ?? [], { guards: NO_GUARDS }));
    expect(violated).toMatch(/^VIOLATED/);
    expect(violated).toMatch(
      /^skip \(D1\): 1\n {2}topic 501, client-\d: epoch1:\d+ was left out\n {6}\d+\.\d+ world delivery/m,
    );
    const invalid = formatReport(await check(aRun()));
    expect(invalid).toMatch(/^INVALID: the run proves nothing.*\n {2}– acknowledged publications/);
  });
});

describe('Checker', () => {
  it('tells of some violations while the run goes on', () => {
    const checker = new Checker();
    const row = mutations.find(({ kind }) => kind === 'duplicate-delivery');
    for (const event of row?.mutate(aRun()) ?? []) checker.take(event);
    expect(checker.found).toBe(1);
  });
});

import { describe, expect, it } from 'vitest';
import type { Published } from '../../src/index.ts';
import { PageHistory, type Received } from '../../src/playwright/page-history.ts';
import { sideBySide } from '../../src/playwright/side-by-side.ts';
import { verdictOn } from '../../src/playwright/verdict.ts';

const published = (offset: number, diagnosis_id = 1) =>
  ({
    type: 'feedback_update',
    diagnosis_id,
    epoch: 'e',
    offset,
    data: { feedback_id: offset, rating: 4, effectiveness: 1 },
  }) as Published;

const received = (offset: number, more: Partial<Received> & { diagnosis_id?: number } = {}): Received => ({
  ...published(offset),
  recovered: false,
  again: false,
  failed: false,
  ...more,
});

const SENT = [published(1), published(2), published(3)];

interface Case {
  readonly what: string;
  readonly got: readonly Received[];
  readonly sent?: readonly Published[];
  /** The verdict when others may have come, and when not. */
  readonly some: 'pass' | 'wait' | 'fail';
  readonly exactly: 'pass' | 'wait' | 'fail';
  readonly faults?: readonly string[];
}

const CASES: readonly Case[] = [
  { what: 'all of it', got: [received(1), received(2), received(3)], some: 'pass', exactly: 'pass' },
  { what: 'nothing', got: [], some: 'wait', exactly: 'wait', faults: ['missing', 'missing', 'missing'] },
  {
    what: 'the beginning',
    got: [received(1)],
    some: 'wait',
    exactly: 'wait',
    faults: ['missing', 'missing'],
  },
  { what: 'a hole', got: [received(1), received(3)], some: 'fail', exactly: 'fail', faults: ['missing'] },
  {
    what: 'another one between',
    got: [received(1), received(9), received(2), received(3)],
    some: 'pass',
    exactly: 'fail',
    faults: ['not expected'],
  },
  {
    what: 'another one so far',
    got: [received(9)],
    some: 'wait',
    exactly: 'fail',
    faults: ['not expected', 'missing', 'missing', 'missing'],
  },
  {
    what: 'one of them twice',
    got: [received(1), received(2), received(2, { again: true }), received(3)],
    some: 'fail',
    exactly: 'fail',
    faults: ['given twice'],
  },
  {
    what: 'another order',
    got: [received(2), received(1), received(3)],
    some: 'fail',
    exactly: 'fail',
    faults: ['missing', 'out of order'],
  },
  {
    what: 'other data',
    got: [received(1), received(2, { data: {} }), received(3)],
    some: 'fail',
    exactly: 'fail',
    faults: ['other data'],
  },
  {
    what: 'the same data in another order of fields',
    got: [received(1, { data: { effectiveness: 1, rating: 4, feedback_id: 1 } }), received(2), received(3)],
    some: 'pass',
    exactly: 'pass',
  },
  {
    what: 'one whose handler threw',
    got: [received(1), received(2, { failed: true }), received(3)],
    some: 'wait',
    exactly: 'wait',
    faults: ['its handler threw'],
  },
  {
    what: 'two diagnoses in any order',
    sent: [published(1, 1), published(1, 2)],
    got: [received(1, { diagnosis_id: 2 }), received(1, { diagnosis_id: 1 })],
    some: 'pass',
    exactly: 'pass',
  },
  {
    what: 'another diagnosis',
    got: [received(1), received(2), received(3), received(1, { diagnosis_id: 2 })],
    some: 'pass',
    exactly: 'fail',
    faults: ['not expected'],
  },
  { what: 'nothing where nothing was published', sent: [], got: [], some: 'pass', exactly: 'pass' },
];

describe.each(CASES)('a verdict on $what', ({ sent = SENT, got, some, exactly, faults = [] }) => {
  it.each([
    ['in part', false, some],
    ['exactly', true, exactly],
  ] as const)('%s', (_how, isExact, expected) => {
    const { pass, final } = verdictOn({ received: got }, sent, isExact);
    expect(pass ? 'pass' : final ? 'fail' : 'wait').toBe(expected);
  });

  it('names what is wrong', () => {
    const { rows } = verdictOn({ received: got }, sent, true);
    expect(rows.flatMap(({ fault }) => fault ?? []).sort()).toEqual([...faults].sort());
  });
});

describe('both histories side by side', () => {
  it('mark the faults, and leave out what is far from them', () => {
    const sent = Array.from({ length: 12 }, (_, index) => published(index + 1));
    const got = [
      ...sent.map(({ offset }) => received(offset)),
      received(12, { again: true, recovered: true }),
    ];
    got.splice(10, 1);
    const history = new PageHistory();
    history.add({ kind: 'connection', page: 'p', state: { name: 'connected' } });
    const text = sideBySide(verdictOn({ received: got }, sent, true), history);
    expect(text).toMatchInlineSnapshot(`
      "11 of 12 as published, 1 missing, 1 given twice

        published                                              received by handlers
        … 8 more without fault
        1 #9 feedback_update {"feedback_id":9,"rating":4,"e… │ 1 #9 feedback_update {"feedback_id":9,"rating":4,"e…
        1 #10 feedback_update {"feedback_id":10,"rating":4,… │ 1 #10 feedback_update {"feedback_id":10,"rating":4,…
      ✗ 1 #11 feedback_update {"feedback_id":11,"rating":4,… │ –   ← missing
        1 #12 feedback_update {"feedback_id":12,"rating":4,… │ 1 #12 feedback_update {"feedback_id":12,"rating":4,…
      ✗ –                                                    │ 1 #12 feedback_update {"feedback_id":12,"rating":4,… (recovered)   ← given twice

      subscriptions: none
      they began:    never
      connection:    connected"
    `);
  });
});

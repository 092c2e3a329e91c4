import { describe, expect, it } from 'vitest';
import { decideStart } from '../src/start.ts';

const log = { epoch: 'e1', top: 10, earliest: 4 };

describe('decideStart', () => {
  it('gives a user never seen everything that is retained', () => {
    expect(decideStart(undefined, log)).toEqual({ status: 'fresh', from: 3 });
  });

  it('begins at the symbolic starts', () => {
    expect(decideStart('earliest', log)).toEqual({ status: 'fresh', from: 3 });
    expect(decideStart('latest', log)).toEqual({ status: 'fresh', from: 10 });
  });

  it.each([3, 4, 9, 10])('recovers after offset %i, which the log can continue', (offset) => {
    expect(decideStart({ epoch: 'e1', offset }, log)).toEqual({ status: 'recovered', from: offset });
  });

  it.each([
    ['one before what is retained', { epoch: 'e1', offset: 2 }, 'retention'],
    ['beyond the top', { epoch: 'e1', offset: 11 }, 'position_unknown'],
    ['in another epoch', { epoch: 'e2', offset: 5 }, 'epoch_changed'],
    ['at the beginning of another epoch', { epoch: 'e2', offset: 0 }, 'epoch_changed'],
  ] as const)('announces a gap for a position %s', (_, after, reason) => {
    expect(decideStart(after, log)).toEqual({ status: 'gap', from: 3, reason, lastSeen: after });
  });

  it('proves that nothing was missed when nothing is retained any more', () => {
    const expired = { epoch: 'e1', top: 10, earliest: 11 };
    expect(decideStart({ epoch: 'e1', offset: 10 }, expired)).toEqual({ status: 'recovered', from: 10 });
    expect(decideStart({ epoch: 'e1', offset: 9 }, expired)).toMatchObject({ status: 'gap', from: 10 });
  });
});

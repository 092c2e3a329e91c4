import type { Recovery } from '@vitalwire/protocol';
import { describe, expect, it } from 'vitest';
import { SharedTopic } from '../../src/tabs/shared-topic.ts';

const answer = (from: number, to = from, count = to - from) =>
  ({ status: 'recovered', from: `e1:${from}`, to: `e1:${to}`, count }) satisfies Recovery;

/** A topic that was joined after an offset, and was given some more. */
function topic(recovery: Recovery, offsets: number[], askedAfter?: string) {
  const shared = new SharedTopic(recovery, askedAfter);
  for (const offset of offsets) shared.took({ epoch: 'e1', offset }, `frame ${offset}`);
  return shared;
}

describe('a topic that tabs share', () => {
  it('gives a tab what follows on its position', () => {
    expect(topic(answer(5), [6, 7, 9]).join('e1:6')).toEqual({
      recovery: { status: 'recovered', from: 'e1:6', to: 'e1:9', count: 2 },
      frames: ['frame 7', 'frame 9'],
    });
  });

  it.each(['e1:5', 'e1:9'])('knows everything from its beginning to its top: %s', (after) => {
    expect(topic(answer(5), [6, 7, 9]).join(after)?.recovery.status).toBe('recovered');
  });

  it.each([
    ['before its beginning', 'e1:4'],
    ['beyond its top', 'e1:10'],
    ['of another epoch', 'e2:6'],
    ['that is symbolic and old', 'earliest'],
  ])('does not answer for a position %s', (_, after) => {
    expect(topic(answer(5), [6, 7, 9]).join(after)).toBeUndefined();
  });

  it.each([undefined, 'latest'])('begins at the top for a tab that asks after %s', (after) => {
    expect(topic(answer(5), [6, 7]).join(after)).toEqual({
      recovery: { status: 'fresh', from: 'e1:7', to: 'e1:7', count: 0 },
      frames: [],
    });
  });

  it('does not answer what this user has not received when the connection itself left that out', () => {
    const shared = topic(answer(5), [6], 'latest');
    expect(shared.join(undefined)).toBeUndefined();
    expect(shared.join('latest')).toBeDefined();
  });

  it('counts what the server is still to send from before', () => {
    // Ten of fifteen offsets are this user's; three of them came.
    expect(topic(answer(5, 20, 10), [6, 8, 9]).join('e1:8')).toEqual({
      recovery: { status: 'recovered', from: 'e1:8', to: 'e1:20', count: 1 + 7 },
      frames: ['frame 9'],
    });
  });

  it('forgets the oldest, and then answers no more for what was before', () => {
    const shared = topic(
      answer(0),
      Array.from({ length: 1_005 }, (_, index) => index + 1),
    );
    expect(shared.join('e1:5')?.frames).toHaveLength(1_000);
    expect(shared.join('e1:4')).toBeUndefined();
    const large = new SharedTopic(answer(0), undefined);
    for (let offset = 1; offset <= 3; offset++) large.took({ epoch: 'e1', offset }, 'x'.repeat(400_000));
    expect(large.join('e1:1')?.frames).toHaveLength(2);
    expect(large.join('e1:0')).toBeUndefined();
  });

  it('takes nothing twice, and nothing of another epoch', () => {
    const shared = topic(answer(5), [6, 7, 7, 6]);
    shared.took({ epoch: 'e2', offset: 8 }, 'foreign');
    expect(shared.join('e1:5')?.frames).toEqual(['frame 6', 'frame 7']);
  });
});

import type { Recovery } from '@vitalwire/protocol';
import { describe, expect, it } from 'vitest';
import { advance, streamOf } from '../src/stream.ts';

const recovery: Recovery = { status: 'recovered', from: 'e:1', to: 'e:4', count: 3 };

describe('a stream', () => {
  it('begins where the server says', () => {
    expect(streamOf(recovery)).toEqual({ epoch: 'e', at: 1, to: { epoch: 'e', offset: 4 }, left: 3 });
  });

  it('begins at the top when nothing of what is before it is for this subscriber', () => {
    expect(streamOf({ ...recovery, count: 0 })).toMatchObject({ at: 4, left: 0 });
  });

  it('has nothing left at the top, though fewer came than were counted', () => {
    expect(advance(streamOf(recovery), 4)).toMatchObject({ at: 4, left: 0 });
    expect(advance(streamOf(recovery), 5)).toMatchObject({ at: 5, left: 0 });
  });

  it('stands at the top after the counted ones, though the last places hold none for this subscriber', () => {
    const stream = advance(streamOf({ ...recovery, to: 'e:9', count: 2 }), 2);
    expect(stream).toMatchObject({ at: 2, left: 1 });
    expect(advance(stream, 5)).toMatchObject({ at: 9, left: 0 });
  });

  it('does not go back for what comes twice', () => {
    expect(advance(advance(streamOf(recovery), 7), 3)).toMatchObject({ at: 7, left: 0 });
  });
});

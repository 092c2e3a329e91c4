import { describe, expect, it } from 'vitest';
import { snapshotPosition } from '../../server/clinic/snapshot-position.ts';

const at = (offset: number, epoch = 'e') => ({ epoch, offset });

describe('the position of a snapshot', () => {
  it.each([
    ['the top, when nothing of the records is in the log', at(4), undefined, false, at(4)],
    ['the top, when others published above the newest of the records', at(4), at(2), false, at(4)],
    ['the newest of the records, which was answered after the top was read', at(4), at(6), false, at(6)],
    ['the newest answered, while another may be in the log', at(4), at(2), true, at(2)],
    ['the beginning, while the first may be in the log', at(4), undefined, true, 'earliest'],
    ['the top of a log that began anew', at(0, 'new'), at(6), false, at(0, 'new')],
  ] as const)('is %s', (_, top, published, publishing, position) => {
    expect(snapshotPosition({ top, published, publishing })).toEqual(position);
  });
});

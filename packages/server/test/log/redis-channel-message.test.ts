import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readChannelMessage } from '../../src/log/redis/channel-message.ts';

/** As the script writes it. */
function announce(epoch: string, top: number, entries: readonly { text: string; to?: string | undefined }[]) {
  const lines = entries.map(({ text, to }) => {
    return `${to === undefined ? '' : JSON.stringify(to)}\n${text.length}\n${text}`;
  });
  return `a${epoch}:${top}\n${lines.join('')}`;
}

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', '\n', '\n1\n', '"ann"\n3\n'));
const entries = fc.array(fc.record({ text, to: fc.option(text, { nil: undefined }) }), { minLength: 1 });

describe('what is said on the channel of a topic', () => {
  it('is read as it was written, whatever the texts and users are', () => {
    fc.assert(
      fc.property(entries, fc.nat(), (list, before) => {
        const position = { epoch: 'e', offset: before + list.length };
        const publications = list.map(({ text, to }, index) => {
          const offset = before + index + 1;
          return to === undefined ? { offset, text } : { offset, text, to };
        });
        expect(readChannelMessage(announce('e', position.offset, list))).toEqual({ position, publications });
      }),
    );
  });

  it.each([
    ['s', undefined],
    ['se:7', { epoch: 'e', offset: 7 }],
    // Another version may say more than this one knows.
    ['xe:7\nmore', { epoch: 'e', offset: 7 }],
  ])('tells where the log stands: %j', (message, position) => {
    expect(readChannelMessage(message)).toEqual({ position });
  });

  it.each([
    ...['', 'x', 'a', 'ae', 'ae:x\n\n1\na', 'ae:1', 'ae:1\n', 'ae:1\nnobody', 'ae:1\nnobody\n1\na'],
    ...['ae:1\n\n1\n', 'ae:1\n\n2\na', 'ae:1\n\n-1\n', 'ae:1\n\n1\nab', 'ae:1\n\n1\na\n1\nb'],
    ...['ae:0\n\n0\n', 'ae:1\n\n1e0\na'],
  ])('is passed over when nobody here would say it: %j', (message) => {
    expect(readChannelMessage(message)).toBeUndefined();
  });
});

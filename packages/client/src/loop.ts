import type { LoosePublication } from './publication.ts';
import type { SubscriptionHandle } from './subscription-handle.ts';

/** The publications of a subscription for a loop. Each is processed when the loop asks for the next one, or is left. */
export async function* loopOver(
  handle: SubscriptionHandle,
): AsyncGenerator<LoosePublication, void, undefined> {
  let held: [LoosePublication, () => void] | undefined;
  let wake = () => {};
  const offs = [
    handle.on('publication', (publication: LoosePublication) => {
      return new Promise<void>((done) => {
        held = [publication, done];
        wake();
      });
    }),
    handle.on('end', () => wake()),
  ];
  try {
    while (handle.reading !== 'ended') {
      if (held) {
        const [publication, done] = held;
        yield publication;
        held = undefined;
        done();
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    for (const off of offs) off();
    held?.[1]();
  }
}

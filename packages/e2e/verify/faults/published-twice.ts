import type { FaultKind } from './fault.ts';

/** A publisher sends publications over two connections at once, with the same idempotency key. */
export const publishedTwice: FaultKind = {
  name: 'published_twice',
  weight: 3,
  plan({ population }, random) {
    const publisher = random.pick(population.publishers);
    let before = 0;
    return {
      target: publisher.name,
      claims: [publisher.name],
      durationMs: 1_500,
      begin() {
        before = publisher.twiceAnswered;
        publisher.sendTwice(random.integer(5, 20));
      },
      end: () => publisher.twiceAnswered - before,
    };
  },
};

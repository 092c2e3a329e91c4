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
      durationMs: random.between(300, 2_000),
      begin() {
        before = publisher.twiceAnswered;
        publisher.sendsTwice = true;
      },
      shown: () => publisher.twiceAnswered > before,
      end() {
        publisher.sendsTwice = false;
        return publisher.twiceAnswered - before;
      },
    };
  },
};

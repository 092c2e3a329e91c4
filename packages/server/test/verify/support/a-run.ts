import type { HistoryEvent } from '../../../src/verify/index.ts';
import { type Command, type Outcome, World } from './world.ts';

const publish = (topic: number, publisher = 0, outcome: Outcome = 'acknowledged', to?: number): Command => {
  return { do: 'publish', publisher, topic, to, outcome };
};
const several = (count: number, topic: number): Command[] => {
  return Array.from({ length: count }, (_, index) => publish(topic, index % 2));
};
const cut = (subscriber: number): Command => ({ do: 'cut', subscriber });
const resume = (subscriber: number, unproven = 0): Command => ({ do: 'resume', subscriber, unproven });

/**
 * A history with something of everything. Subscribers 0 to 3 follow the first topic, 4 to 7 the second; of each four the
 * first two are clients. In the end 4 and 7 are revoked: 4 was away before, 7 had everything.
 */
export function aRun(): HistoryEvent[] {
  return World.of([
    ...several(8, 0),
    ...several(8, 1),
    publish(0, 0, 'acknowledged', 1),
    publish(0, 1, 'acknowledged', 3),
    ...several(3, 0),
    // Resumed, the plain one with what it had not proven.
    cut(0),
    cut(3),
    ...several(5, 0),
    resume(0),
    resume(3, 2),
    // Overtaken by the retention: while away, and while slow.
    cut(0),
    { do: 'pause', subscriber: 3 },
    ...several(6, 0),
    { do: 'trim', topic: 0, keep: 3 },
    resume(0),
    resume(3),
    // What publishers may be told.
    publish(0, 0, 'repeated'),
    publish(0, 1, 'refused'),
    publish(0, 1, 'refused once'),
    publish(0, 0, 'unanswered'),
    publish(0, 1, 'lost'),
    { do: 'reload', subscriber: 1 },
    // Kept out, in the second topic.
    cut(4),
    publish(1),
    { do: 'revoke', subscriber: 4 },
    { do: 'revoke', subscriber: 7 },
    publish(1),
    publish(1),
    publish(1, 1, 'lost'),
    ...several(6, 1),
    ...several(6, 0),
    publish(0, 0, 'unanswered'),
  ]);
}

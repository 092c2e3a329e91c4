import { setTimeout as delay } from 'node:timers/promises';
import { describeLogStore } from '../../src/testing/index.ts';
import { type Carry, SharedLog } from '../support/shared-log.ts';

/** Lets everything arrive at once, but announcements a little later, in their order. */
function announcingLate(): Carry {
  let last: Promise<unknown> = Promise.resolve();
  return (wire, { arrive }) => {
    if (wire !== 'announcements') return arrive();
    last = last.then(() => delay(Math.random() * 3)).then(arrive);
  };
}

// The suite itself is under test here: it has to accept a store whose announcements take their time.
describeLogStore(
  'a log of several nodes',
  ({ retention, now }) => ({ store: new SharedLog({ retention, now }).node(announcingLate()) }),
  { nodes: true, modelRuns: 20 },
);

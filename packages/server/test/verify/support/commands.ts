import * as fc from 'fast-check';
import type { Guards } from '../../../src/verify/index.ts';
import type { Command, Outcome } from './world.ts';

const subscriber = fc.nat(7);
const topic = fc.nat(1);
const outcome = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Outcome>('acknowledged') },
  {
    weight: 4,
    arbitrary: fc.constantFrom<Outcome>('refused', 'refused once', 'repeated', 'unanswered', 'lost'),
  },
);

const publish: fc.Arbitrary<Command> = fc.record({
  do: fc.constant('publish' as const),
  publisher: fc.nat(1),
  topic,
  to: fc.option(subscriber, { nil: undefined, freq: 4 }),
  outcome,
});

const others: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ do: fc.constant('cut' as const), subscriber }),
  fc.record({ do: fc.constant('cut' as const), subscriber }),
  fc.record({ do: fc.constant('resume' as const), subscriber, unproven: fc.nat(4) }),
  fc.record({ do: fc.constant('resume' as const), subscriber, unproven: fc.nat(4) }),
  fc.record({ do: fc.constant('pause' as const), subscriber }),
  fc.record({ do: fc.constant('reload' as const), subscriber }),
  fc.record({ do: fc.constant('trim' as const), topic, keep: fc.nat(8) }),
  fc.record({ do: fc.constant('revoke' as const), subscriber }),
  fc.record({ do: fc.constant('grant' as const), subscriber }),
);

const newEpoch: fc.Arbitrary<Command> = fc.record({
  do: fc.constant('newEpoch' as const),
  topic,
  keep: fc.nat(3),
});

/** What may happen to logs that keep their epochs. */
export const constantEpochs: fc.Arbitrary<Command[]> = fc.array(
  fc.oneof({ weight: 3, arbitrary: publish }, { weight: 2, arbitrary: others }),
  { minLength: 5, maxLength: 120, size: 'max' },
);

/** The same with logs that begin anew. */
export const changingEpochs: fc.Arbitrary<Command[]> = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: publish },
    { weight: 8, arbitrary: others },
    { weight: 1, arbitrary: newEpoch },
  ),
  { minLength: 5, maxLength: 120, size: 'max' },
);

/** What so short histories show is enough. */
export const NO_GUARDS: Partial<Guards> = {
  acknowledged: 0,
  acknowledgedDuringFaults: 0,
  faults: 0,
  recovered: 0,
  live: 0,
};

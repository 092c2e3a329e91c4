import { recoverySchema } from '../src/index.ts';
import { describeSchema, without } from './support/describe-schema.ts';

const recovered = { status: 'recovered', from: 'e:39', to: 'e:42', count: 3 };
const gap = {
  status: 'gap',
  reason: 'retention',
  last_seen: 'e:5',
  first_available: 'e:31',
  from: 'e:30',
  to: 'e:42',
  count: 12,
};

describeSchema('recoverySchema', recoverySchema, {
  accepts: {
    fresh: { ...recovered, status: 'fresh' },
    recovered,
    'recovered with nothing missed': { ...recovered, from: 'e:42', count: 0 },
    'a gap by retention': gap,
    'a gap by a new epoch': { ...gap, reason: 'epoch_changed', last_seen: 'other:5' },
    'a gap by an unknown position': { ...gap, reason: 'position_unknown', last_seen: 'e:50' },
  },
  rejects: {
    'an unknown status': [{ ...recovered, status: 'partial' }, ''],
    'a gap without its reason': [without(gap, 'reason'), ''],
    'a gap with an unknown reason': [{ ...gap, reason: 'bad luck' }, ''],
    'a gap without the position last seen': [without(gap, 'last_seen'), ''],
    'a gap without what is first available': [without(gap, 'first_available'), ''],
    'a missing from': [without(recovered, 'from'), ''],
    'a missing to': [without(recovered, 'to'), ''],
    'a missing count': [without(recovered, 'count'), ''],
    'a count below 0': [{ ...recovered, count: -1 }, 'count'],
    'a malformed from': [{ ...recovered, from: '39' }, 'from'],
    'a symbolic from': [{ ...recovered, from: 'earliest' }, 'from'],
  },
});

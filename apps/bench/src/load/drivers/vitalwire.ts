import { diagnosisOf } from '../../message.ts';
import type { Driver } from '../driver.ts';
import { tokenOf } from '../token.ts';
import { upgradeRequest } from '../upgrade.ts';

/** As `@vitalwire/client` does it: the commands follow the upgrade in one flight. Each subscriber is a user. */
export const vitalwire: Driver = {
  open: () => upgradeRequest('/ws', 'vitalwire.v1'),
  upgrades: true,
  begin({ index, topic }) {
    const diagnosis = diagnosisOf(topic);
    const token = tokenOf({ sub: `user-${index}`, diagnoses: [diagnosis] });
    return [
      JSON.stringify({ type: 'authenticate', token }),
      JSON.stringify({ type: 'subscribe', diagnosis_id: diagnosis }),
    ];
  },
  answer(text) {
    const { type, ...rest } = JSON.parse(text);
    if (type !== 'connect') throw new Error(`${type}: ${JSON.stringify(rest)}`);
    return 'subscribed';
  },
  // A connect has one as well, but only the first may come: another one would announce a gap.
  marker: '"offset":',
};

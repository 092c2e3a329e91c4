import { diagnosisOf } from '../../message.ts';
import type { Driver } from '../driver.ts';
import { tokenOf } from '../token.ts';
import { upgradeRequest } from '../upgrade.ts';

/**
 * As `@vitalwire/client` does it: the commands follow the upgrade in one flight, and who comes back names its position.
 * Each subscriber is a user of its own.
 */
export const vitalwire: Driver = {
  open: () => upgradeRequest('/ws', 'vitalwire.v1'),
  upgrades: true,
  begin({ index, topic, sequence, memory: epoch }) {
    const diagnosis = diagnosisOf(topic);
    const token = tokenOf({ sub: `user-${index}`, diagnoses: [diagnosis] });
    const after = epoch === undefined ? {} : { after: `${epoch}:${sequence}` };
    return [
      JSON.stringify({ type: 'authenticate', token }),
      JSON.stringify({ type: 'subscribe', diagnosis_id: diagnosis, ...after }),
    ];
  },
  answer(text, subscriber) {
    const { type, data } = JSON.parse(text);
    const expected = subscriber.memory === undefined ? 'fresh' : 'recovered';
    // Only the first connect of a connection may come: another one announces a gap.
    if (type !== 'connect' || data.recovery.status !== expected) throw new Error(`the server said ${text}`);
    subscriber.memory = data.epoch;
    return 'subscribed';
  },
  marker: '"offset":',
  resumes: true,
};

import type { Subscriber } from '../subscriber.ts';
import { type FaultKind, wait } from './fault.ts';
import { REDIS } from './redis-fault.ts';

/** How long devices may take to learn that they are not welcome, over whatever network. */
const LEARN_WITHIN_MS = 6_000;
/** How long a node may take to tell the others. */
const TELL_WITHIN_MS = 20_000;
/** `iat` counts whole seconds: a token that is to count again has to be of a later one. */
const NEXT_SECOND_MS = 1_100;

/** A user's access is revoked while devices are subscribed; these insist with the token they hold, in vain. */
export const userRevoked: FaultKind = {
  name: 'user_revoked',
  weight: 4,
  plan({ cluster, population, recorder }, random) {
    const { up } = cluster;
    // The token has to be one that would still be accepted otherwise.
    const users = population.users.filter((user) => !user.brief);
    if (up.length === 0 || users.length === 0) return undefined;
    const user = random.pick(users);
    const node = random.pick(up);
    const devices = population.subscribersOf(user);
    return {
      target: user.name,
      // Nothing may be on its way for long. A server that keeps its log for itself forgets revocations when it ends.
      claims: [user.name, population.homeOf(user).name, REDIS, ...cluster.nodes.map(({ name }) => name)],
      durationMs: NEXT_SECOND_MS,
      async begin() {
        user.keepToken();
        await vouched(() => node.revoke(user.name));
        recorder.record({ type: 'access.revoked', user: user.name });
        await refused(devices);
        for (const device of devices) device.retry();
        await refused(devices);
      },
      end() {
        const { length } = devices.filter((device) => device.refusal !== undefined);
        // Whoever could not be told yet has to be gone before the user is welcome again.
        const readmit = population.dismiss(user, 'access_denied');
        recorder.record({ type: 'access.granted', user: user.name });
        user.restore();
        readmit();
        return length;
      },
    };
  },
};

async function refused(devices: readonly Subscriber[]): Promise<void> {
  const deadline = performance.now() + LEARN_WITHIN_MS;
  while (devices.some(({ refusal }) => refusal === undefined) && performance.now() < deadline) await wait(20);
}

/** Revokes again until every node knows of it: right after another fault the node may not reach them yet. */
async function vouched(revoke: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + TELL_WITHIN_MS;
  for (;;) {
    try {
      return await revoke();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await wait(100);
    }
  }
}

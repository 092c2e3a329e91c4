import { type FaultKind, wait } from './fault.ts';

/** The identity provider is down for a user, whose token runs out meanwhile. */
export const tokenExpired: FaultKind = {
  name: 'token_expired',
  weight: 4,
  plan({ population, recorder }, random) {
    const users = population.users.filter((user) => user.brief);
    if (users.length === 0) return undefined;
    const user = random.pick(users);
    const out = () => population.subscribersOf(user).filter((device) => !device.connected).length;
    return {
      target: user.name,
      claims: [user.name, population.homeOf(user).name],
      // From the end of the token on. A server looks at the time once a second.
      durationMs: random.between(1_200, 3_000),
      async begin() {
        user.loseProvider();
        await wait(Math.max(0, user.expiresAt - Date.now()));
        recorder.record({ type: 'access.expired', user: user.name });
      },
      shown: () => out() > 0,
      end() {
        const effect = out();
        recorder.record({ type: 'access.granted', user: user.name });
        user.restore();
        return effect;
      },
    };
  },
};

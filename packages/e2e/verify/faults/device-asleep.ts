import type { FaultKind } from './fault.ts';

/** A device is away, sometimes for longer than the log of a busy topic reaches back. */
export const deviceAsleep: FaultKind = {
  name: 'device_asleep',
  weight: 3,
  plan({ population }, random) {
    const device = random.pick(population.clients);
    return {
      target: device.name,
      claims: [device.user.name],
      durationMs: random.chance(0.5) ? random.between(10_000, 20_000) : random.between(500, 5_000),
      begin: () => device.sleep(),
      end() {
        const away = device.connected ? 0 : 1;
        device.wake();
        return away;
      },
    };
  },
};

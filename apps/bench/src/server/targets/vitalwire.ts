import { createServer as createHttpServer } from 'node:http';
import { createServer, type LogStore } from '@vitalwire/server';
import { bodyOf, diagnosisOf, nowMicros } from '../../message.ts';
import { SECRET } from '../../secret.ts';
import { listen } from '../listen.ts';
import type { Target } from '../target.ts';

/** Vitalwire with everything that it has switched on, as it is without options: only more connections are allowed. */
export async function startVitalwire(log: LogStore): Promise<Target> {
  const vitalwire = createServer({ auth: { secret: SECRET }, log, limits: { maxConnections: 20_000 } });
  const httpServer = createHttpServer();
  vitalwire.attach(httpServer);
  return {
    port: await listen(httpServer),
    async publish(topic, first, count) {
      const diagnosis = diagnosisOf(topic);
      if (count === 1) {
        await vitalwire.broadcast.effectivenessUpdate(diagnosis, bodyOf(first, nowMicros()));
        return;
      }
      await Promise.all(
        Array.from({ length: count }, (_, index) =>
          vitalwire.broadcast.effectivenessUpdate(diagnosis, bodyOf(first + index, nowMicros())),
        ),
      );
    },
  };
}

import { createServer, memoryLog, type VitalwireServer } from '@vitalwire/server';
import { SECRET } from './tokens.ts';

/** A server in this process. */
export class Vitalwire implements AsyncDisposable {
  readonly server: VitalwireServer;
  readonly url: string;
  readonly port: number;

  private constructor(server: VitalwireServer, { url, port }: { url: string; port: number }) {
    this.server = server;
    this.url = url;
    this.port = port;
  }

  /** @param publications how many are kept of a diagnosis. */
  static async start({ port = 0, publications = 1_000 } = {}): Promise<Vitalwire> {
    const log = memoryLog({ retention: { publications } });
    const server = createServer({ auth: { secret: SECRET }, log, timing: { reconnectSpreadMs: 1 } });
    return new Vitalwire(server, await server.listen({ port }));
  }

  /** Publishes an effectiveness, in hundredths so that tests can tell publications apart. */
  async measure(hundredths: number, diagnosisId = 123): Promise<void> {
    const body = { recommendation_id: 7, confidence: 0.9, sample_size: 41 };
    await this.server.broadcast.effectivenessUpdate(diagnosisId, {
      ...body,
      new_effectiveness: hundredths / 100,
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.server.close();
  }
}

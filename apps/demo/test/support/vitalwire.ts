import { createServer, memoryLog, signToken } from '@vitalwire/server';

const secret = 'a secret of the tests, at least 32 bytes';

/** A real Vitalwire server with an address of its own. */
export async function startVitalwire() {
  const server = createServer({ auth: { secret }, log: memoryLog() });
  const { url } = await server.listen({ port: 0 });
  return {
    url,
    getToken: () => signToken({ secret, sub: 'analytics', scope: 'broadcast' }),
    /** The offset that the next publication of a diagnosis gets, which tells how many there were. */
    async nextOffset(diagnosisId: number): Promise<number> {
      const body = { feedback_id: 'probe', rating: 3, effectiveness: 0.5 };
      return (await server.broadcast.feedbackUpdate(diagnosisId, body)).offset;
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

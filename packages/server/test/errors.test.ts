import type { AddressInfo } from 'node:net';
import { type BroadcastAnswer, errorCodes } from '@vitalwire/protocol';
import express, { type NextFunction, type Request, type Response } from 'express';
import fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { LogUnavailableError, RequestError } from '../src/errors.ts';
import { createServer, type VitalwireServer } from '../src/server.ts';

const SECRET = 'a secret of this test, 32 bytes long';

type Handler = () => Promise<BroadcastAnswer>;

/** An application whose `POST /feedback` hands on what the handler rejects with. */
const frameworks: Record<string, (handler: Handler) => Promise<{ url: string; close(): unknown }>> = {
  async 'Express 5'(handler) {
    const app = express();
    // Else Express writes the stack of what it answers with 500 to the standard error.
    app.set('env', 'test');
    app.post('/feedback', async (_, response) => void response.json(await handler()));
    const server = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
  },
  async 'Fastify 5'(handler) {
    const app = fastify();
    app.post('/feedback', () => handler());
    return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: () => app.close() };
  },
};

/** The status with which a framework answers what the handler does with a server. */
async function statusIn(framework: string, handler: (server: VitalwireServer) => Promise<BroadcastAnswer>) {
  const vitalwire = createServer({ auth: { secret: SECRET } });
  const app = await frameworks[framework]?.(() => handler(vitalwire));
  const { status } = await fetch(`${app?.url}/feedback`, {
    method: 'POST',
    headers: { connection: 'close' },
  });
  await app?.close();
  await vitalwire.close();
  return status;
}

describe.each(Object.keys(frameworks))('an error that a handler of %s lets through', (framework) => {
  it('is answered with 422 when the body is not valid', async () => {
    const publish = ({ broadcast }: VitalwireServer) => broadcast.feedbackUpdate(1, {} as never);
    expect(await statusIn(framework, publish)).toBe(422);
  });

  it('is answered with 503 when the server is shutting down', async () => {
    const publish = async ({ broadcast, close }: VitalwireServer) => {
      await close();
      return broadcast.feedbackUpdate(1, { feedback_id: 1, rating: 5, effectiveness: 1 });
    };
    expect(await statusIn(framework, publish)).toBe(503);
  });
});

describe('an error handler of Express', () => {
  it('may show the message when it exposes it, and finds code and issues', async () => {
    const app = express();
    app.post('/feedback', () => {
      throw new RequestError('invalid_body', 'rating: expected integer', {
        issues: [{ path: 'rating', message: 'expected integer' }],
      });
    });
    app.use((error: RequestError, _: Request, response: Response, _next: NextFunction) => {
      const { status, code, issues, expose, message } = error;
      response.status(status).json({ code, issues, ...(expose && { message }) });
    });
    const server = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/feedback`;
    const answer = await fetch(url, { method: 'POST', headers: { connection: 'close' } });
    server.close();
    expect([answer.status, await answer.json()]).toEqual([
      422,
      {
        code: 'invalid_body',
        issues: [{ path: 'rating', message: 'expected integer' }],
        message: 'rating: expected integer',
      },
    ]);
  });
});

describe('RequestError', () => {
  it.each(Object.entries(errorCodes))('has the status of %s', (code, entry) => {
    const status = 'status' in entry ? entry.status : 500;
    const error = new RequestError(code as keyof typeof errorCodes, 'text');
    expect(error).toMatchObject({ status, statusCode: status, expose: status < 500 });
  });

  it('keeps what the server has to say of itself', () => {
    expect(new LogUnavailableError('the log is closed').expose).toBe(false);
  });
});

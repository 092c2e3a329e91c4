import { describe, expect, it } from 'vitest';
import { feedback, publish } from './support/http.ts';
import { PlainClient } from './support/plain-client.ts';
import { Program } from './support/program.ts';
import { tokenOf } from './support/tokens.ts';

interface Host {
  file: string;
  changes: Record<string, string>;
  basePath: string;
}

const hosts: Host[] = [
  { file: 'embed-node-http.ts', changes: { 'listen(8000': 'listen(0' }, basePath: '/realtime' },
  { file: 'embed-express.ts', changes: { 'listen(8000': 'listen(0' }, basePath: '' },
  { file: 'embed-fastify.ts', changes: { 'port: 8000': 'port: 0' }, basePath: '' },
  { file: 'embed-hono.ts', changes: { 'port: 8000': 'port: 0' }, basePath: '' },
];

describe.each(hosts)('$file', ({ file, changes, basePath }) => {
  it('delivers what is published, beside the application, and says goodbye when it is asked to end', async () => {
    await using program = await Program.example(file, changes);
    const application = `http://127.0.0.1:${await program.port()}`;
    using client = new PlainClient(`${application}${basePath}/ws/123`, await tokenOf('7'));
    await client.first('connect');

    const answer = await publish(application + basePath, 'feedback-update', feedback);

    expect(await answer.json()).toMatchObject({ status: 'broadcasted', clients_notified: 1, offset: 1 });
    expect(await client.first('feedback_update')).toMatchObject({ data: { feedback_id: 311 }, offset: 1 });
    if (file !== 'embed-express.ts') {
      expect(await (await fetch(`${application}/`)).text()).toBe('the application');
    }

    expect(await program.end()).toBe(0);
    expect(await client.first('disconnect')).toMatchObject({ code: 1012, reconnect: true });
  });
});

describe('embed-express.ts', () => {
  it('publishes from a route of the application', async () => {
    await using program = await Program.example('embed-express.ts', { 'listen(8000': 'listen(0' });
    const application = `http://127.0.0.1:${await program.port()}`;
    using client = new PlainClient(`${application}/ws/123`, await tokenOf('7'));
    await client.first('connect');

    const { diagnosis_id: _, ...body } = feedback;
    const answer = await fetch(`${application}/feedback`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

    expect(await answer.json()).toEqual({ offset: 1 });
    expect(await client.first('feedback_update')).toMatchObject({ data: body });
  });
});

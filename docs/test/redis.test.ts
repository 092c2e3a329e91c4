import { hasRedis, RedisServer } from '@vitalwire/server/testing/redis';
import { describe, expect, it } from 'vitest';
import { feedback, publish } from './support/http.ts';
import { PlainClient } from './support/plain-client.ts';
import { Program } from './support/program.ts';
import { tokenOf } from './support/tokens.ts';

describe.skipIf(!hasRedis())('redis.ts', () => {
  it('serves the same diagnoses when it is started twice', async () => {
    await using redis = await RedisServer.start();
    const start = () =>
      Program.example('redis.ts', { 'port: 8000': 'port: 0' }, { env: { REDIS_URL: redis.url } });
    await using one = await start();
    await using other = await start();
    const ports = await Promise.all(
      [one, other].map(async (program) => (await program.printed(/port: (\d+)/))[1]),
    );
    const [publishedAt = '', receivedAt = ''] = ports.map((port) => `http://127.0.0.1:${port}`);
    using client = new PlainClient(`${receivedAt}/ws/123`, await tokenOf('7'));
    await client.first('connect');

    const answer = await publish(publishedAt, 'feedback-update', feedback);

    expect(await answer.json()).toMatchObject({ clients_notified: 1, offset: 1 });
    expect(await client.first('feedback_update')).toMatchObject({ data: { feedback_id: 311 }, offset: 1 });
    expect(one.output).toMatch(/connected to Redis/);
    expect(one.output).toMatch(/Redis keeps no append-only file/);
  });
});

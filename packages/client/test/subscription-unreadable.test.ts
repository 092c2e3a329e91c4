import { describe, expect, it, vi } from 'vitest';
import type { Settings } from '../src/options.ts';
import { createRegistry, type Link } from '../src/subscription-registry.ts';
import { feedback } from './support/messages.ts';
import { live, turn } from './support/subscribed.ts';

describe('a message that fails its schema', () => {
  it("is reported with zod's issues, and passed over", async () => {
    const log: unknown[] = [];
    const { subscription, push } = await live({
      onError: (error) => log.push(error),
    });
    subscription.on('publication', async ({ offset }) => void log.push(offset));
    push(
      feedback(1, 1),
      feedback(1, 2, { data: { feedback_id: 1, rating: 6, effectiveness: 2 } }),
      feedback(1, 3),
    );
    await vi.waitFor(() => expect(log).toHaveLength(3));
    expect(log.filter(Number.isInteger)).toEqual([1, 3]);
    expect(log.filter((entry) => typeof entry === 'object')).toMatchObject([
      {
        name: 'ProtocolError',
        code: 'invalid_message',
        issues: [{ path: 'data.rating' }, { path: 'data.effectiveness' }],
      },
    ]);
    expect(subscription.position?.offset).toBe(3);
  });

  it('is reported as such also when zod cannot be loaded', async () => {
    const errors: unknown[] = [];
    const settings = { report: (error) => errors.push(error) } as Partial<Settings> as Settings;
    const registry = createRegistry(settings, {} as Link, () => {});
    const cause = new TypeError('the chunk is gone');
    registry.received({ explain: () => Promise.reject(cause) });
    await turn();
    expect(errors).toMatchObject([{ name: 'ClientError', code: 'invalid_message', cause }]);
  });

  it('is passed over also when nobody listens', async () => {
    const { subscription, push } = await live();
    push(feedback(1, 1, { data: {} }));
    await vi.waitFor(() => expect(subscription.position?.offset).toBe(1));
  });

  it.each(['not json', '[]', '{"type":"connect","diagnosis_id":1}'])(
    'is reported when it is %s',
    async (text) => {
      const { errors, transport } = await live();
      transport.last().listener.received(text);
      await vi.waitFor(() => expect(errors).toHaveLength(1));
      expect(errors).toMatchObject([{ name: 'ProtocolError' }]);
    },
  );

  it('of an unknown type is reported once for each type, and always passed over', async () => {
    const { subscription, push, errors } = await live();
    push(
      feedback(1, 1, { type: 'mood_update' }),
      feedback(1, 2, { type: 'mood_update' }),
      feedback(1, 3, { type: 'dose_update' }),
      { type: 'weather' },
      { type: 'weather' },
    );
    await vi.waitFor(() => expect(errors).toHaveLength(3));
    expect(subscription.position?.offset).toBe(3);
    expect(errors).toMatchObject([
      { code: 'unknown_message' },
      { code: 'unknown_message' },
      { code: 'unknown_message' },
    ]);
  });

  it('of endless unknown types fills no memory', async () => {
    const { push, errors } = await live();
    for (let i = 0; i < 1_000; i++) push({ type: `type_${i}` });
    await turn();
    await vi.waitFor(() => expect(errors.length).toBeGreaterThanOrEqual(100));
    await turn();
    expect(errors).toHaveLength(100);
  });
});

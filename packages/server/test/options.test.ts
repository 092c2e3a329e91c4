import { describe, expect, it } from 'vitest';
import {
  createServer,
  DEFAULT_LIMITS,
  DEFAULT_TIMING,
  OptionError,
  type ServerOptions,
} from '../src/index.ts';
import { SECRET } from './support/tokens.ts';

const auth = { secret: SECRET };

describe('createServer', () => {
  it.each<[string, object]>([
    ['auth', {}],
    ['autorize', { auth, autorize: () => true }],
    ['compression', { auth, compression: 'gzip' }],
    ['limits.maxFrames', { auth, limits: { maxFrames: 1 } }],
    ['limits.maxBodyBytes', { auth, limits: { maxBodyBytes: 0 } }],
    ['limits.maxConnections', { auth, limits: { maxConnections: Number.NaN } }],
    ['timing.pongTimeout', { auth, timing: { pongTimeout: 1 } }],
    ['timing.pingIntervalMs', { auth, timing: { pingIntervalMs: '25s' } }],
    // A timer would fire at once.
    ['timing.authorizeTimeoutMs', { auth, timing: { authorizeTimeoutMs: Number.POSITIVE_INFINITY } }],
    ['timing.closeTimeoutMs', { auth, timing: { closeTimeoutMs: 2 ** 31 } }],
  ])('refuses what cannot be used, naming %s', (option, options) => {
    const create = () => createServer(options as ServerOptions);
    expect(create).toThrow(OptionError);
    expect(create).toThrow(expect.objectContaining({ option }));
  });

  it('takes limits without a bound, and the longest wait', async () => {
    const limits = Object.fromEntries(
      Object.keys(DEFAULT_LIMITS).map((name) => [name, Number.POSITIVE_INFINITY]),
    );
    const timing = Object.fromEntries(Object.keys(DEFAULT_TIMING).map((name) => [name, 2 ** 31 - 1]));
    await createServer({ auth, limits, timing }).close();
  });
});

import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { attachHttp } from '../../src/adapters/node-http.ts';

// In a file of its own: other tests start a Hono server, which replaces them.
it('attachHttp leaves the global Request and Response alone', () => {
  const before = [globalThis.Request, globalThis.Response];
  attachHttp(
    createServer(),
    { fetch: async () => new Response('ok'), publishing: new Map() },
    { basePath: '' },
  );
  const after = [globalThis.Request, globalThis.Response];
  expect(after.map((type, i) => type === before[i])).toEqual([true, true]);
});

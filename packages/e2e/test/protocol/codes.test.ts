import { afterClose, closeCodes, errorCodes } from '@vitalwire/protocol';
import { describe, expect, it } from 'vitest';
import { table } from '../../support/protocol-document.ts';
import { TestServer } from '../../support/test-server.ts';

describe('Close codes', () => {
  it('are those of the table in PROTOCOL.md, each with its action', () => {
    const rows = table('Close codes').map(([code, reason, action]) => ({
      code: Number(code),
      reason,
      action,
    }));
    expect(rows).toEqual(closeCodes);
    for (const { code, action } of rows) expect(afterClose(code)).toBe(code === 1000 ? 'reconnect' : action);
  });

  it('send nobody away who has too many connections for now', async () => {
    await using server = await TestServer.start({ limits: { maxConnections: 1 } });
    await using first = await server.plain(1);
    await first.connected(1);
    await using second = await server.plain(1);
    expect(await second.closed()).toEqual({ code: 1013, reason: 'overloaded' });
    expect(second.frames).toMatchObject([{ type: 'disconnect', reconnect: true }]);
  });
});

describe('Error codes', () => {
  it('are those of the table in PROTOCOL.md, each with its status', () => {
    const rows = table('Error codes').map(([code = '', status = '', temporary]) => [
      code,
      { temporary: temporary === 'yes', ...(status !== '–' && { status: Number(status) }) },
    ]);
    expect(Object.fromEntries(rows)).toEqual(errorCodes);
  });

  it.each([
    { path: '/nothing', method: 'GET', status: 404, error: 'not_found' },
    { path: '/ws', method: 'GET', status: 404, error: 'not_found' },
    { path: '/ws/1', method: 'GET', status: 404, error: 'not_found' },
    { path: '/ws/status', method: 'POST', status: 405, error: 'method_not_allowed' },
    { path: '/ws/broadcast-feedback-update', method: 'GET', status: 405, error: 'method_not_allowed' },
    { path: '/ws/broadcast-nothing', method: 'POST', status: 404, error: 'not_found' },
  ])('answers $method $path with $status $error', async ({ path, method, status, error }) => {
    await using server = await TestServer.start();
    const response = await fetch(`${server.url}${path}`, { method });
    expect([response.status, await response.json()]).toMatchObject([status, { error }]);
    if (status === 405) expect(response.headers.get('allow')).toBeTruthy();
  });
});

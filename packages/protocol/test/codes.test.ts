import { describe, expect, it } from 'vitest';
import { afterClose, closeCodeOf, closeCodes, errorCodes } from '../src/index.ts';

describe('closeCodes', () => {
  it('names each reason once', () => {
    const reasons = closeCodes.map(({ reason }) => reason);
    expect(new Set(reasons).size).toBe(reasons.length);
  });

  it('agrees on what to do wherever a code has several reasons', () => {
    for (const { code } of closeCodes) {
      expect(new Set(closeCodes.filter((row) => row.code === code).map(({ action }) => action)).size).toBe(1);
    }
  });

  it('keeps the reasons short enough for a close frame', () => {
    for (const { reason } of closeCodes) expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
  });

  it('keeps its own codes in the range that says what to do', () => {
    for (const { code, action } of closeCodes.filter((row) => row.code >= 4000)) {
      expect(action === 'stop', `${code}`).toBe(code >= 4500);
    }
  });
});

describe('closeCodeOf', () => {
  it.each(closeCodes.map((row) => [row.reason, row.code] as const))(
    'gives %s the code %d',
    (reason, code) => {
      expect(closeCodeOf(reason)).toBe(code);
    },
  );
});

describe('afterClose', () => {
  it.each(
    closeCodes.filter(({ code }) => code !== 1000).map((row) => [row.code, row.reason, row.action] as const),
  )('follows the table: %d %s → %s', (code, _reason, action) => {
    expect(afterClose(code)).toBe(action);
  });

  it.each([1000, 1005, 1006, 1015, 3000, 3999, 0, 5000])('takes %d for a cut and reconnects', (code) => {
    expect(afterClose(code)).toBe('reconnect');
  });

  it.each([
    [4000, 'reconnect'],
    [4402, 'reconnect'],
    [4499, 'reconnect'],
    [4500, 'stop'],
    [4777, 'stop'],
    [4999, 'stop'],
  ])('reads what to do about the unknown code %d from its range: %s', (code, action) => {
    expect(afterClose(code)).toBe(action);
  });
});

describe('errorCodes', () => {
  it('calls an error temporary exactly when it is the fault of the server', () => {
    for (const [code, entry] of Object.entries(errorCodes)) {
      const status = 'status' in entry ? entry.status : undefined;
      expect(entry.temporary, code).toBe(status !== undefined && status >= 500);
    }
  });

  it('has the statuses that the endpoints promise', () => {
    const statuses = Object.values(errorCodes).flatMap((entry) => ('status' in entry ? [entry.status] : []));
    expect(new Set(statuses)).toEqual(new Set([400, 401, 403, 404, 405, 409, 413, 415, 422, 500, 503, 504]));
  });
});

import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { issuesOf, ProtocolError, VitalwireError } from '../src/index.ts';

function issues(schema: z.ZodMiniType, value: unknown) {
  const { error } = schema.safeParse(value);
  if (!error) throw new Error('accepted');
  return issuesOf(error);
}

describe('issuesOf', () => {
  it('joins the path from the outside in', () => {
    const schema = z.object({ a: z.array(z.object({ b: z.int() })) });
    expect(issues(schema, { a: [{ b: 1 }, { b: 'x' }] })).toEqual([
      { path: 'a.1.b', message: 'expected number' },
    ]);
  });

  it('gives the whole an empty path', () => {
    expect(issues(z.object({}), 'text')).toEqual([{ path: '', message: 'expected object' }]);
  });

  it('lists every issue', () => {
    expect(issues(z.object({ a: z.string(), b: z.string() }), {}).map(({ path }) => path)).toEqual([
      'a',
      'b',
    ]);
  });

  it.each([
    ['expected string', z.string(), 1],
    ['expected integer', z.int(), 1.5],
    ['expected at least 1', z.int().check(z.minimum(1)), 0],
    ['expected more than 0', z.int().check(z.positive()), 0],
    ['expected at most 5', z.int().check(z.maximum(5)), 6],
    ['expected less than 5', z.number().check(z.lt(5)), 5],
    ['expected a length of at least 1', z.string().check(z.minLength(1)), ''],
    ['expected a length of at most 1', z.array(z.int()).check(z.maxLength(1)), [1, 2]],
    ['expected "a" or "b"', z.literal(['a', 'b']), 'c'],
    ['expected string, or expected integer', z.union([z.string(), z.int()]), 1.5],
    ['not one of the allowed forms', z.union([z.object({ a: z.int() }), z.object({ b: z.int() })]), {}],
    ['not in the expected form', z.string().check(z.regex(/^a$/)), 'b'],
    ['expected epoch:offset', z.string().check(z.regex(/^a$/, 'expected epoch:offset')), 'b'],
  ])('says %j', (message, schema, value) => {
    expect(issues(schema, value)).toEqual([{ path: '', message }]);
  });

  it('never quotes the value', () => {
    const schema = z.object({
      a: z.literal('x'),
      b: z.int(),
      c: z.union([z.int(), z.literal('y')]),
      d: z.string().check(z.maxLength(2)),
    });
    const text = JSON.stringify(issues(schema, { a: 'SECRET', b: 'SECRET', c: 'SECRET', d: 'SECRET' }));
    expect(text).not.toContain('SECRET');
  });
});

describe('VitalwireError', () => {
  it('carries code, cause, and whether trying again can help', () => {
    const cause = new Error('disk full');
    const error = new VitalwireError('unavailable', 'log cannot be written', { temporary: true, cause });
    expect(error).toMatchObject({ name: 'VitalwireError', code: 'unavailable', temporary: true, cause });
  });

  it('is not temporary and has no cause unless it is said', () => {
    const error = new VitalwireError('x', 'y');
    expect(error.temporary).toBe(false);
    expect('cause' in error).toBe(false);
  });
});

describe('ProtocolError', () => {
  it('is a VitalwireError with issues', () => {
    const error = new ProtocolError('invalid_message', 'no', [{ path: 'a', message: 'b' }]);
    expect(error).toBeInstanceOf(VitalwireError);
    expect(error).toMatchObject({
      name: 'ProtocolError',
      temporary: false,
      issues: [{ path: 'a', message: 'b' }],
    });
  });
});

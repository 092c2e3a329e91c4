import { describe, expect, it } from 'vitest';
import type * as z from 'zod/mini';
import { issuesOf } from '../../src/index.ts';

/** Values by what they show. */
interface Examples {
  readonly accepts: Readonly<Record<string, unknown>>;
  /** The value, and the path of the field that is at fault. */
  readonly rejects: Readonly<Record<string, readonly [value: unknown, path: string]>>;
}

/** Tests a schema by examples. Rejections must name exactly the field at fault, so that no other mistake hides in them. */
export function describeSchema(name: string, schema: z.ZodMiniType, { accepts, rejects }: Examples): void {
  describe(name, () => {
    it.each(Object.entries(accepts))('accepts %s', (_what, value) => {
      const result = schema.safeParse(value);
      expect(result.error?.issues).toBeUndefined();
      expect(result.data).toEqual(value);
    });

    it.each(Object.entries(rejects))('rejects %s', (_what, [value, path]) => {
      const result = schema.safeParse(value);
      expect(result.success, 'accepted').toBe(false);
      expect(result.error && issuesOf(result.error).map((issue) => issue.path)).toEqual([path]);
    });
  });
}

/** An object without one of its fields. */
export function without<T extends object>(value: T, field: keyof T): Partial<T> {
  const { [field]: _left, ...rest } = value;
  return rest as Partial<T>;
}

import { MAX_NESTING } from './nesting.ts';

/** Whether a value arrives as it is when it is written as JSON, and nests at most {@link MAX_NESTING} levels deep. */
export function isJsonValue(value: unknown, levels: number = MAX_NESTING): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || levels === 0) return false;
  if (Array.isArray(value)) return value.every((item) => isJsonValue(item, levels - 1));
  return (
    isPlain(value) &&
    Object.values(value).every((item) => item === undefined || isJsonValue(item, levels - 1))
  );
}

/** Not a `Date`, a `Map` or the like, which JSON writes as something else. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

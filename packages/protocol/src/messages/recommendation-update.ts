import * as z from 'zod/mini';
import { definePublication } from '../definition.ts';
import { openFieldSchema, textSchema } from '../fields.ts';

/** A herbal recommendation. More fields than these are allowed and carried unchanged. */
export const recommendationSchema = z.catchall(
  z.object({ herb: textSchema, dosage: textSchema, frequency: textSchema }),
  openFieldSchema,
);
export type Recommendation = z.infer<typeof recommendationSchema>;

export const recommendationUpdate = definePublication({
  type: 'recommendation_update',
  summary: 'The recommendation of a diagnosis changed.',
  data: z.object({
    old_recommendation: recommendationSchema,
    new_recommendation: recommendationSchema,
    reason: textSchema,
    /** Names of the fields that were added, removed or changed, in alphabetical order. */
    changed_fields: z.array(z.string()),
  }),
  publish: {
    body: z.object({ old_data: recommendationSchema, new_data: recommendationSchema, reason: textSchema }),
    toData: ({ old_data, new_data, reason }) => ({
      old_recommendation: old_data,
      new_recommendation: new_data,
      reason,
      changed_fields: changedFields(old_data, new_data),
    }),
    example: {
      old_data: { herb: 'Chamomile', dosage: '2 g', frequency: 'twice a day' },
      new_data: { herb: 'Valerian', dosage: '2 g', frequency: 'in the evening' },
      reason: 'Chamomile had no effect on sleep',
    },
  },
});

/** Names of the fields in which two objects differ, by value. */
export function changedFields(before: object, after: object): string[] {
  const old = fieldsOf(before);
  const now = fieldsOf(after);
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((name) => !equal(old.get(name), now.get(name)))
    .sort();
}

/** A map, because names such as `__proto__` are no ordinary keys of an object. */
function fieldsOf(object: object): Map<string, unknown> {
  // A field that is `undefined` does not reach the wire, so it counts as absent.
  return new Map(Object.entries(object).filter(([, value]) => value !== undefined));
}

/** Equality of JSON values; the order of an object's fields does not count. */
function equal(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  return changedFields(a, b).length === 0;
}

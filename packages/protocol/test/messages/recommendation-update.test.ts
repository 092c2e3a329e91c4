import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recommendationSchema, recommendationUpdate } from '../../src/index.ts';
import { changedFields } from '../../src/messages/recommendation-update.ts';
import { describeSchema, without } from '../support/describe-schema.ts';

const chamomile = { herb: 'Chamomile', dosage: '2 g', frequency: 'twice a day' };
const valerian = { herb: 'Valerian', dosage: '2 g', frequency: 'in the evening' };
const body = { old_data: chamomile, new_data: valerian, reason: 'no effect on sleep' };
const data = {
  old_recommendation: chamomile,
  new_recommendation: valerian,
  reason: 'no effect on sleep',
  changed_fields: ['frequency', 'herb'],
};

describeSchema('recommendationSchema', recommendationSchema, {
  accepts: {
    'the required fields': chamomile,
    'further fields of any kind': {
      ...chamomile,
      notes: { with: ['honey', 2, null] },
      constructor: 'x',
      toString: 1,
    },
  },
  rejects: {
    'a missing herb': [without(chamomile, 'herb'), 'herb'],
    'an empty herb': [{ ...chamomile, herb: '' }, 'herb'],
    'a missing dosage': [without(chamomile, 'dosage'), 'dosage'],
    'a number as dosage': [{ ...chamomile, dosage: 2 }, 'dosage'],
    'a missing frequency': [without(chamomile, 'frequency'), 'frequency'],
    'a further field that JSON cannot carry': [
      { ...chamomile, strength: Number.POSITIVE_INFINITY },
      'strength',
    ],
    'a list': [[], ''],
    null: [null, ''],
  },
});

describe('recommendationSchema', () => {
  it('drops a field named __proto__, and its prototype stays', () => {
    const text = JSON.stringify(chamomile).replace('{', '{"__proto__":{"admin":true},');
    const read = recommendationSchema.parse(JSON.parse(text));
    expect(read).toEqual(chamomile);
    expect(Object.keys(read)).toEqual(['herb', 'dosage', 'frequency']);
    expect(read['admin']).toBeUndefined();
  });
});

describeSchema('recommendation_update, published', recommendationUpdate.publish.body, {
  accepts: { 'two recommendations and a reason': body },
  rejects: {
    'a missing old recommendation': [without(body, 'old_data'), 'old_data'],
    'a missing new recommendation': [without(body, 'new_data'), 'new_data'],
    'a missing reason': [without(body, 'reason'), 'reason'],
    'an empty reason': [{ ...body, reason: '' }, 'reason'],
    'a recommendation without a herb': [{ ...body, new_data: without(valerian, 'herb') }, 'new_data.herb'],
    'null as old recommendation': [{ ...body, old_data: null }, 'old_data'],
  },
});

describeSchema('recommendation_update, on the wire', recommendationUpdate.data, {
  accepts: { 'a change': data, 'a change of nothing': { ...data, changed_fields: [] } },
  rejects: {
    'a missing old recommendation': [without(data, 'old_recommendation'), 'old_recommendation'],
    'a missing new recommendation': [without(data, 'new_recommendation'), 'new_recommendation'],
    'a missing reason': [without(data, 'reason'), 'reason'],
    'missing changed fields': [without(data, 'changed_fields'), 'changed_fields'],
    'changed fields that are no names': [{ ...data, changed_fields: [1] }, 'changed_fields.0'],
  },
});

describe('recommendation_update', () => {
  it('names the changed fields of what was published', () => {
    expect(recommendationUpdate.publish.toData(body)).toEqual(data);
  });
});

describe('changedFields', () => {
  it('names what was added, removed and changed, in alphabetical order', () => {
    expect(changedFields({ z: 1, same: 1, b: 1 }, { z: 2, same: 1, a: 1 })).toEqual(['a', 'b', 'z']);
  });

  it.each([
    ['nested values', { a: { b: [1, { c: 2 }] } }, { a: { b: [1, { c: 3 }] } }],
    ['the order of a list', { a: [1, 2] }, { a: [2, 1] }],
    ['the length of a list', { a: [1] }, { a: [1, 1] }],
    ['a list and an object with the same keys', { a: ['x'] }, { a: { 0: 'x' } }],
    ['an empty list and an empty object', { a: [] }, { a: {} }],
    ['null and an empty object', { a: null }, { a: {} }],
    ['a number and its text', { a: 1 }, { a: '1' }],
    ['null and absent', { a: null }, {}],
    ['false and absent', { a: false }, {}],
  ])('tells %s apart', (_what, before, after) => {
    expect(changedFields(before, after)).toEqual(['a']);
  });

  it('takes a field that is undefined for absent, because it does not reach the wire', () => {
    expect(changedFields({ a: undefined }, {})).toEqual([]);
    expect(changedFields({ a: 1 }, { a: undefined })).toEqual(['a']);
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('sees a field named %s', (name) => {
    const object = JSON.parse(`{"${name}":1}`);
    expect(changedFields(object, {})).toEqual([name]);
    expect(changedFields(object, object)).toEqual([]);
    expect(changedFields({ a: object }, { a: {} })).toEqual(['a']);
  });

  const object = fc.dictionary(
    fc.oneof(fc.constantFrom('herb', 'dosage', '__proto__'), fc.string()),
    fc.jsonValue(),
    {
      maxKeys: 5,
    },
  );

  it('is empty exactly when the objects are equal as JSON', () => {
    fc.assert(
      fc.property(object, object, (before, after) => {
        expect(changedFields(before, after).length === 0).toBe(canonical(before) === canonical(after));
      }),
    );
    fc.assert(
      fc.property(object, (value) => {
        expect(changedFields(value, structuredClone(value))).toEqual([]);
      }),
    );
  });

  it('is the same in both directions', () => {
    fc.assert(
      fc.property(object, object, (before, after) => {
        expect(changedFields(before, after)).toEqual(changedFields(after, before));
      }),
    );
  });

  it('does not depend on the order of keys, at any depth', () => {
    fc.assert(
      fc.property(object, (value) => {
        expect(changedFields(value, reversed(value) as object)).toEqual([]);
      }),
    );
  });

  it('names exactly the fields that differ', () => {
    fc.assert(
      fc.property(object, object, (before, after) => {
        const names = new Set([...Object.keys(before), ...Object.keys(after)]);
        const differing = [...names].filter((name) => field(before, name) !== field(after, name));
        expect(changedFields(before, after)).toEqual(differing.sort());
      }),
    );
  });
});

/** The text of one field, without regard to the order of keys; `undefined` when there is none. */
function field(object: object, name: string): string | undefined {
  const entry = Object.entries(object).find(([key]) => key === name);
  return entry && canonical(entry[1]);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`).join(',')}}`;
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const result = {};
  for (const [name, inner] of Object.entries(value).reverse()) {
    Object.defineProperty(result, name, { value: reversed(inner), enumerable: true });
  }
  return result;
}

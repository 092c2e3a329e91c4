import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedMap } from '../src/bounded-map.ts';

const MOST = 5;
const KEYS = Array.from({ length: 12 }, (_, key) => key);

const step = fc.oneof(
  { arbitrary: fc.record({ do: fc.constant('set' as const), key: fc.constantFrom(...KEYS) }), weight: 20 },
  { arbitrary: fc.record({ do: fc.constant('delete' as const), key: fc.constantFrom(...KEYS) }), weight: 5 },
  { arbitrary: fc.record({ do: fc.constant('clear' as const), key: fc.constant(0) }), weight: 1 },
);

describe('BoundedMap', () => {
  it('holds the newest entries, whatever was removed in between', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
        const map = new BoundedMap<number, number>(MOST);
        /** Keys and values in the order in which the keys were added. */
        let model: [number, number][] = [];
        for (const [value, { do: verb, key }] of steps.entries()) {
          if (verb === 'clear') {
            map.clear();
            model = [];
          } else if (verb === 'delete') {
            map.delete(key);
            model = model.filter(([other]) => other !== key);
          } else {
            map.set(key, value);
            const known = model.find(([other]) => other === key);
            if (known) known[1] = value;
            else model = [...model, [key, value] as [number, number]].slice(-MOST);
          }
          for (const one of KEYS) expect(map.get(one)).toBe(model.find(([other]) => other === one)?.[1]);
        }
      }),
    );
  });
});

import { catalogue, definePublication, publicationsOf } from '@vitalwire/protocol';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { exampleBody } from '../../src/index.ts';

const doseUpdate = definePublication({
  type: 'dose_update',
  summary: 'The dose changed.',
  data: z.object({ dose_id: z.int(), grams: z.number() }),
  publish: {
    body: z.object({ dose_id: z.int(), grams: z.number().check(z.minimum(-2), z.maximum(2)) }),
    toData: (body) => body,
    example: { dose_id: 5, grams: 0.5 },
  },
});

describe.each(publicationsOf([...catalogue, doseUpdate]))('example bodies of $type', (definition) => {
  it('begin with the example of the catalogue', () => {
    expect(exampleBody(definition, 0)).toEqual(definition.publish.example);
  });

  it('are valid, and the same for the same number', () => {
    for (let number = 0; number < 300; number++) {
      const body = exampleBody(definition, number);
      expect(definition.publish.body.safeParse(body).error?.issues, JSON.stringify(body)).toBeUndefined();
      expect(exampleBody(definition, number)).toEqual(body);
    }
  });
});

it('example bodies have an id of their own, and shares that differ', () => {
  const bodies = Array.from({ length: 101 }, (_, number) => exampleBody(doseUpdate, number));
  expect(bodies.map(({ dose_id }) => dose_id)).toEqual(bodies.map((_, index) => 5 + index));
  expect(new Set(bodies.map(({ grams }) => grams)).size).toBe(101);
});

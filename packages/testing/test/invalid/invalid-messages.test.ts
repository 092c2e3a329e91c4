import {
  broadcastBodySchema,
  catalogue,
  definePublication,
  messageSchema,
  publicationsOf,
} from '@vitalwire/protocol';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { backendToken, InProcessServer, invalidBodies, invalidMessages } from '../../src/index.ts';
import { exampleMessages } from '../../src/invalid/example-messages.ts';

const doseUpdate = definePublication({
  type: 'dose_update',
  summary: 'The dose changed.',
  data: z.object({ grams: z.number(), parts: z.array(z.object({ name: z.string() })) }),
  publish: {
    body: z.object({
      grams: z.number().check(z.gt(0), z.lt(5)),
      parts: z.array(z.object({ name: z.string() })),
    }),
    toData: (body) => body,
    example: { grams: 2, parts: [{ name: 'root' }] },
  },
});
const definitions = [...catalogue, doseUpdate] as const;

/** Zod's issues with a value, as code and path. */
function issuesWith(schema: z.ZodMiniType, value: unknown): string[] {
  const issues = schema.safeParse(value).error?.issues ?? [];
  return issues.map(({ code, path }) => `${code} ${path.join('.')}`);
}

describe.each(definitions)('messages of $type', (definition) => {
  const schema = messageSchema(definition);
  const invalid = invalidMessages(definition.type, definitions);

  it('are valid without a mistake', () => {
    for (const example of exampleMessages(definition)) expect(issuesWith(schema, example)).toEqual([]);
  });

  it.each(invalid)('have exactly the one mistake that they should: $what', ({ path, code, value }) => {
    expect(issuesWith(schema, value)).toEqual([`${code} ${path}`]);
  });

  it('miss no field', () => {
    const paths = new Set(invalid.map(({ path }) => path));
    const fields = exampleMessages(definition).flatMap((example) =>
      Object.keys((example as { data: object }).data).map((name) => `data.${name}`),
    );
    for (const field of fields)
      expect(
        [...paths].some((path) => path.startsWith(field)),
        field,
      ).toBe(true);
  });
});

describe.each(publicationsOf(definitions))('bodies of $type', (definition) => {
  it.each(invalidBodies(definition.type, definitions))(
    'have exactly the one mistake that they should: $what',
    ({ path, code, value }) => {
      expect(issuesWith(broadcastBodySchema(definition), value)).toEqual([`${code} ${path}`]);
    },
  );
});

describe('invalid bodies', () => {
  it('are refused by a server, which names the field', async () => {
    await using server = await InProcessServer.start();
    const headers = { authorization: `Bearer ${await backendToken()}`, 'content-type': 'application/json' };
    for (const { what, path, value } of invalidBodies('feedback_update')) {
      const request = { method: 'POST', headers, body: JSON.stringify(value) };
      const response = await fetch(`${server.url}/ws/broadcast-feedback-update`, request);
      expect(response.status, what).toBe(422);
      expect(await response.json(), what).toMatchObject({ issues: [{ path }] });
    }
  });
});

describe('a type without messages', () => {
  it.each([
    [() => invalidMessages('dose_update'), 'no dose_update'],
    [() => invalidBodies('connect'), 'connect cannot be published'],
    [
      () => invalidMessages('other', [{ ...doseUpdate, type: 'other', publish: undefined }]),
      'no example of other',
    ],
  ])('is refused', (ask, reason) => {
    expect(ask).toThrow(reason);
  });
});

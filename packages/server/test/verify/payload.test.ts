import {
  broadcastBodySchema,
  catalogue,
  type PublicationDefinition,
  publicationsOf,
} from '@vitalwire/protocol';
import { describe, expect, it } from 'vitest';
import { digestOf, effectivenessPayload, feedbackPayload, readPayload } from '../../src/verify/index.ts';

const facts = { id: 'p-1', topic: 7, publisher: 'p', counter: 1, to: 'user 9' };
const definitionOf = (type: string) =>
  publicationsOf(catalogue).find((definition) => definition.type === type) as PublicationDefinition;

describe.each([
  ['feedback_update', feedbackPayload],
  ['effectiveness_update', effectivenessPayload],
])('a payload of a %s', (type, payloadOf) => {
  it('is accepted as a body, and says what it carries when it arrives', () => {
    for (const counter of [1, 2, 100, 12_345]) {
      const payload = payloadOf({ ...facts, counter }, 100);
      const definition = definitionOf(type);
      const { diagnosis_id: _, ...body } = broadcastBodySchema(definition).parse({
        diagnosis_id: 7,
        ...payload,
      });
      const arrived = JSON.parse(JSON.stringify(definition.publish?.toData(body as never)));
      expect(readPayload(arrived)).toEqual({ ...facts, counter });
      expect(digestOf(arrived)).toBe(digestOf(payload));
    }
  });

  it('has another digest when anything in it changes, and the same in another order', () => {
    const payload = payloadOf(facts);
    const backwards = Object.fromEntries(Object.entries(payload).reverse());
    expect(digestOf(backwards)).toBe(digestOf(payload));
    for (const name of Object.keys(payload)) {
      expect(digestOf({ ...payload, [name]: 0.123 })).not.toBe(digestOf(payload));
      expect(digestOf({ ...payload, [name]: undefined })).not.toBe(digestOf(payload));
    }
  });

  it('grows by its padding', () => {
    const grown = JSON.stringify(payloadOf(facts, 1_000)).length - JSON.stringify(payloadOf(facts)).length;
    expect(grown).toBeGreaterThanOrEqual(1_000);
    expect(grown).toBeLessThan(1_020);
  });
});

describe('readPayload', () => {
  it.each([
    {},
    { comment: 'I sleep again' },
    { comment: '{}' },
    { comment: '{"id":1}' },
    { comment: 7 },
    { herb: '[' },
  ])('finds nothing in %j', (data) => {
    expect(readPayload(data)).toBeUndefined();
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  commandSchema,
  createMessageDecoder,
  decodeCommand,
  disconnectSignalSchema,
  encodeCommand,
  encodeMessage,
  epochSchema,
  errorSignalSchema,
  messageSchema,
  offsetSchema,
  ProtocolError,
  placePublication,
  publicationsOf,
  serialisePublication,
} from '../src/index.ts';
import { anyText, arbitraryOf } from './support/arbitrary.ts';
import { extendedCatalogue } from './support/dose-update.ts';

const decode = createMessageDecoder(extendedCatalogue);
const publications = publicationsOf(extendedCatalogue);
const position = fc.record({
  epoch: arbitraryOf(epochSchema),
  offset: arbitraryOf(offsetSchema),
}) as fc.Arbitrary<{
  epoch: string;
  offset: number;
}>;

/** As it arrives: JSON has no -0 and no `undefined`. */
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe.each(publications)('$type', (definition) => {
  const { type, data: dataSchema, publish } = definition;
  const envelope = messageSchema(definition).def.shape;

  it('makes of every valid body data that are valid on the wire', () => {
    fc.assert(
      fc.property(arbitraryOf(publish.body), (body) => {
        const data = publish.toData(publish.body.parse(body));
        expect(dataSchema.safeParse(data).error?.issues).toBeUndefined();
        expect(asJson(dataSchema.parse(data))).toEqual(asJson(data));
      }),
    );
  });

  it('arrives as it was published, at its place', () => {
    const diagnosis = envelope['diagnosis_id'];
    if (!diagnosis) throw new Error('a publication has a diagnosis');
    fc.assert(
      fc.property(arbitraryOf(publish.body), arbitraryOf(diagnosis), position, (body, diagnosisId, place) => {
        const data = publish.toData(publish.body.parse(body));
        const timestamp = '2026-11-23T09:30:00.000Z';
        const diagnosis_id = diagnosisId as number;
        const frame = placePublication(serialisePublication({ type, diagnosis_id, data, timestamp }), place);
        const result = decode(frame);
        expect(asJson(result)).toEqual({
          message: { type, diagnosis_id, data: asJson(data), timestamp, ...place },
        });
      }),
    );
  });

  it('keeps its place when its data are not acceptable', () => {
    fc.assert(
      fc.property(fc.jsonValue(), position, (data, place) => {
        const timestamp = '2026-11-23T09:30:00.000Z';
        const frame = placePublication(
          serialisePublication({ type, diagnosis_id: 1, data, timestamp }),
          place,
        );
        const result = decode(frame);
        if ('message' in result) expect(result.message).toMatchObject(place);
        else expect(result.invalid).toMatchObject({ diagnosisId: 1, position: place });
      }),
    );
  });
});

describe('every other frame of a server', () => {
  const answers = extendedCatalogue.filter((definition) => definition.publish === undefined);
  const schemas = [...answers.map(messageSchema), errorSignalSchema, disconnectSignalSchema];

  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.oneof(...schemas.map(arbitraryOf)), (message) => {
        const text = encodeMessage(message as Parameters<typeof encodeMessage>[0]);
        expect(asJson(decode(text))).toEqual({ message: asJson(message) });
      }),
    );
  });
});

describe('every command', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(arbitraryOf(commandSchema), (value) => {
        const command = commandSchema.parse(value);
        expect(decodeCommand(encodeCommand(command))).toEqual(command);
      }),
    );
  });
});

describe('whatever arrives', () => {
  const valid = fc.tuple(fc.constantFrom(...publications), position).map(([{ type, publish }, place]) => {
    const data = publish.toData(publish.body.parse(publish.example));
    const timestamp = '2026-11-23T09:30:00.000Z';
    return placePublication(serialisePublication({ type, diagnosis_id: 1, data, timestamp }), place);
  });
  const damaged = fc
    .tuple(valid, fc.nat(400), fc.nat(20), anyText({ maxLength: 10 }))
    .map(([text, at, length, replacement]) => text.slice(0, at) + replacement + text.slice(at + length));
  const bytes = fc.uint8Array({ maxLength: 300 }).map((chunk) => new TextDecoder().decode(chunk));
  const anything = fc.oneof(damaged, bytes, fc.json(), anyText({ maxLength: 50 }));

  it('the message decoder answers, and never throws', () => {
    fc.assert(
      fc.property(anything, (text) => {
        const result = decode(text);
        if ('invalid' in result) expect(result.invalid.error).toBeInstanceOf(ProtocolError);
        else expect(result.message.type).toBeTypeOf('string');
      }),
      { numRuns: 1_000 },
    );
  });

  it('decodeCommand takes what the schema takes, and nothing else', () => {
    const odd = fc.constantFrom(
      null,
      0,
      -1,
      1,
      1.5,
      2 ** 53,
      2 ** 53 - 1,
      '',
      '1',
      'a.b.c',
      true,
      [],
      [1],
      {},
    );
    const start = fc.oneof(
      odd,
      fc.constantFrom('e:0', 'e:42', 'e:042', 'e:-1', ':1', 'e:1 ', 'e:1\n', 'latest', 'earliest', 'now'),
      fc.constantFrom(
        `${'x'.repeat(64)}:1`,
        `${'x'.repeat(65)}:1`,
        'e:999999999999999',
        'e:1000000000000000',
      ),
    );
    const nearlyCommand = fc.record(
      {
        type: fc.constantFrom('authenticate', 'subscribe', 'subscribe', 'unsubscribe', 'ping', 'Subscribe', [
          'subscribe',
        ]),
        token: odd,
        diagnosis_id: fc.oneof({ arbitrary: fc.constant(7), weight: 3 }, { arbitrary: odd, weight: 1 }),
        after: start,
        more: odd,
      },
      { requiredKeys: ['type'] },
    );
    const seen = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(nearlyCommand, (value) => {
        const expected = commandSchema.safeParse(value);
        seen[expected.success ? 'taken' : 'refused'] += 1;
        const decode = () => decodeCommand(JSON.stringify(value));
        if (expected.success) expect(decode()).toStrictEqual(expected.data);
        else expect(decode).toThrow(ProtocolError);
      }),
      { numRuns: 2_000 },
    );
    expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(200);
  });

  it('decodeCommand throws nothing but a ProtocolError', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          anything,
          fc.jsonValue().map((value) => JSON.stringify({ type: 'subscribe', diagnosis_id: value })),
        ),
        (text) => {
          try {
            decodeCommand(text);
          } catch (error) {
            expect(error).toBeInstanceOf(ProtocolError);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

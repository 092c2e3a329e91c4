import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileReaders } from '../scripts/compile-readers.ts';
import {
  type Catalogue,
  catalogue,
  createFrameReader,
  createMessageDecoder,
  disconnectSignalSchema,
  errorSignalSchema,
  messageSchema,
} from '../src/index.ts';
import { arbitraryOf } from './support/arbitrary.ts';
import { extendedCatalogue } from './support/dose-update.ts';

/** Layout is the formatter's. */
const bare = (source: string) => source.replace(/[\s,()_]/g, '');

/** What both readers say about a frame, in the same words. */
function verdicts(definitions?: Catalogue) {
  const decode = createMessageDecoder(definitions ?? catalogue);
  const read = createFrameReader(definitions);
  return (text: string) => {
    const decoded = decode(text);
    const result = read(text);
    return {
      zod:
        'invalid' in decoded
          ? {
              place: decoded.invalid.position && {
                ...decoded.invalid.position,
                diagnosis_id: decoded.invalid.diagnosisId,
              },
            }
          : decoded.message,
      compiled: result.message ?? { place: result.place },
    };
  };
}

/** Valid frames of every type, and the same with one place changed, removed or added. */
function frames(definitions: Catalogue): fc.Arbitrary<string> {
  const valid = fc.oneof(
    ...definitions.map((definition) => arbitraryOf(messageSchema(definition))),
    arbitraryOf(errorSignalSchema),
    arbitraryOf(disconnectSignalSchema),
  );
  const other = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(
      -1,
      0,
      1.5,
      2 ** 53,
      6,
      '',
      'x'.repeat(256),
      '🌿'.repeat(255),
      '🌿'.repeat(256),
      null,
      true,
      [],
      {},
      'fresh',
      'e:1',
      '2026-01-01',
    ),
  );
  const damaged = fc
    .tuple(valid, fc.nat(), fc.constantFrom('change', 'remove', 'add'), other)
    .map(([frame, at, how, value]) => {
      const copy = structuredClone(frame) as object;
      const places = placesIn(copy);
      const place = places[at % places.length];
      if (!place) return copy;
      if (how === 'change') Reflect.set(place.holder, place.name, value);
      else if (how === 'remove') Reflect.deleteProperty(place.holder, place.name);
      else Reflect.set(place.holder, 'added', value);
      return copy;
    });
  return fc.oneof(valid, damaged).map((frame) => JSON.stringify(frame));
}

function placesIn(value: object): { holder: object; name: string }[] {
  return Object.entries(value).flatMap(([name, inner]) => [
    { holder: value, name },
    ...(typeof inner === 'object' && inner !== null ? placesIn(inner) : []),
  ]);
}

describe('wire-readers.ts', () => {
  it('is what the schemas compile to: run `pnpm compile` after a change', () => {
    const source = readFileSync(new URL('../src/wire-readers.ts', import.meta.url), 'utf8');
    expect(bare(source)).toBe(bare(compileReaders()));
  });
});

describe('a frame reader', () => {
  it('says of every frame what zod says', () => {
    const both = verdicts();
    fc.assert(
      fc.property(frames(catalogue), (text) => {
        const { zod, compiled } = both(text);
        expect(compiled).toEqual(zod);
      }),
      { numRuns: 1_000 },
    );
  });

  it('says of every frame of an own catalogue what zod says', () => {
    const both = verdicts(extendedCatalogue);
    fc.assert(
      fc.property(frames(extendedCatalogue), (text) => {
        const { zod, compiled } = both(text);
        expect(compiled).toEqual(zod);
      }),
    );
  });

  it.each([
    '',
    '{',
    'null',
    '1',
    '"x"',
    '[]',
    '{}',
    '{"type":1}',
    '{"type":"ping"}',
    '{"type":"constructor"}',
    '{"type":"__proto__"}',
  ])('refuses %s without throwing', (text) => {
    expect(createFrameReader()(text)).toMatchObject({ explain: expect.any(Function) });
  });

  it('counts the characters of a text, not its UTF-16 units', () => {
    const verdict = verdicts();
    const frame = (feedback_id: string) => ({
      type: 'feedback_update',
      diagnosis_id: 1,
      data: { feedback_id, rating: 5, effectiveness: 1 },
      timestamp: '2026-01-01T00:00:00Z',
      epoch: 'e',
      offset: 1,
    });
    for (const id of ['🌿'.repeat(255), '\ud83c'.repeat(255)]) {
      expect(verdict(JSON.stringify(frame(id)))).toEqual({ zod: frame(id), compiled: frame(id) });
    }
    const { zod, compiled } = verdict(JSON.stringify(frame('🌿'.repeat(256))));
    expect(compiled).toEqual(zod);
    expect(compiled).toMatchObject({ place: { offset: 1 } });
  });

  it('refuses a number that JSON cannot write back', () => {
    const frame = (dose: string) =>
      `{"type":"recommendation_update","diagnosis_id":1,"timestamp":"2026-01-01T00:00:00Z","epoch":"e","offset":1,"data":{"reason":"r","changed_fields":[],"old_recommendation":{"herb":"a","dosage":"b","frequency":"c","dose":${dose}},"new_recommendation":{"herb":"a","dosage":"b","frequency":"c"}}}`;
    expect(createFrameReader()(frame('1'))).toHaveProperty('message');
    expect(createFrameReader()(frame('1e400'))).not.toHaveProperty('message');
  });

  it('drops a field named __proto__', () => {
    const read = createFrameReader()(
      '{"type":"error","code":"c","message":"m","__proto__":{"admin":true},"diagnosis_id":1}',
    );
    expect(read).toEqual({ message: { type: 'error', code: 'c', message: 'm', diagnosis_id: 1 } });
    expect((read as { message: { admin?: unknown } }).message.admin).toBeUndefined();
  });

  describe('when a frame cannot be read', () => {
    const invalid =
      '{"type":"feedback_update","diagnosis_id":7,"timestamp":"2026-01-01T00:00:00Z","epoch":"e","offset":3,"data":{"feedback_id":1,"rating":6,"effectiveness":0.5}}';

    it('keeps its place', () => {
      expect(createFrameReader()(invalid)).toMatchObject({
        place: { diagnosis_id: 7, epoch: 'e', offset: 3 },
      });
    });

    it("explains it with zod's issues", async () => {
      const read = createFrameReader()(invalid);
      if (read.message) throw new Error('accepted');
      expect(await read.explain()).toMatchObject({
        code: 'invalid_message',
        issues: [{ path: 'data.rating', message: 'expected at most 5' }],
      });
    });

    it('names a type that it does not know', async () => {
      const read = createFrameReader()(invalid.replace('feedback_update', 'dose_update'));
      if (read.message) throw new Error('accepted');
      expect(read).toMatchObject({ unknownType: 'dose_update', place: { diagnosis_id: 7 } });
      expect(await read.explain()).toMatchObject({ code: 'unknown_message' });
    });
  });
});

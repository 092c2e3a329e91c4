import { describe, expect, it } from 'vitest';
import type * as z from 'zod/mini';
import {
  BATCH_PATH,
  batchAnswerSchema,
  batchBodySchema,
  broadcastAnswerSchema,
  broadcastBodySchema,
  broadcastPath,
  COMMAND_TYPES,
  catalogue,
  closeCodes,
  commandSchema,
  disconnectSignalSchema,
  errorBodySchema,
  errorCodes,
  errorSignalSchema,
  publicationsOf,
  statusSchema,
} from '../src/index.ts';
import { checkDialogue, readCommand, readMessage } from './support/dialogue.ts';
import { type Block, readMarkdown } from './support/markdown.ts';

const document = readMarkdown(new URL('../PROTOCOL.md', import.meta.url));

/** The blocks of a language, each with a title. */
function blocksOf(language: string): (readonly [title: string, Block])[] {
  const blocks = document.blocks.filter((block) => block.language === language);
  return blocks.map((block, i) => [`${block.heading} (${i + 1})`, block]);
}

const PROMISE =
  'within the retention of a topic, every publication reaches every subscriber that may see it, ' +
  'in order, and its handler once; what can no longer be supplied is announced as a gap with its reason, never passed over in silence.';

describe('PROTOCOL.md', () => {
  it('makes the promise, word for word', () => {
    const flat = document.prose.replaceAll('> ', '').replaceAll(/\s+/g, ' ');
    // Not `toContain`, which would print the whole document.
    expect(flat.includes(`_${PROMISE}_`)).toBe(true);
  });

  it('has a section for every message, command and signal', () => {
    for (const { type } of catalogue) expect(document.headings).toContain(type);
    for (const type of COMMAND_TYPES) expect(document.headings).toContain(type);
    expect(document.headings).toEqual(expect.arrayContaining(['error', 'disconnect']));
  });

  it('refers only to sections that it has', () => {
    const references = [...document.prose.matchAll(/"([A-Z][^"{}:]+)"/g)].map(([, name]) => name);
    expect(references.length).toBeGreaterThan(10);
    expect(references.filter((name) => !document.headings.includes(name ?? ''))).toEqual([]);
  });

  it('names close codes with their reasons', () => {
    const pairs = [...document.prose.matchAll(/\b(\d{4}) `([a-z_]+)`/g)].map(
      ([, code, reason]) => `${code} ${reason}`,
    );
    const known = closeCodes.map(({ code, reason }) => `${code} ${reason}`);
    expect(pairs.length).toBeGreaterThan(10);
    expect(pairs.filter((pair) => !known.includes(pair))).toEqual([]);
  });

  it('names error codes that there are', () => {
    const codes = [...document.prose.matchAll(/`error ([a-z_]+)`/g)].map(([, code]) => code);
    expect(codes.length).toBeGreaterThan(3);
    expect(codes.filter((code) => !Object.hasOwn(errorCodes, code ?? ''))).toEqual([]);
  });

  it('uses no fence that is not tested', () => {
    expect(new Set(document.blocks.map(({ language }) => language))).toEqual(
      new Set(['json', 'dialogue', 'http']),
    );
  });
});

describe('the tables of codes', () => {
  it('list the close codes as they are', () => {
    const rows = document.table('Close codes').map(([code, reason, action]) => ({ code, reason, action }));
    expect(rows).toEqual(
      closeCodes.map(({ code, reason, action }) => ({ code: String(code), reason: `\`${reason}\``, action })),
    );
  });

  it('list the error codes as they are', () => {
    const rows = document
      .table('Error codes')
      .map(([code, status, temporary]) => ({ code, status, temporary }));
    expect(rows).toEqual(
      Object.entries(errorCodes).map(([code, entry]) => ({
        code: `\`${code}\``,
        status: 'status' in entry ? String(entry.status) : '–',
        temporary: entry.temporary ? 'yes' : 'no',
      })),
    );
  });

  it('explain every code', () => {
    for (const row of [...document.table('Close codes'), ...document.table('Error codes')]) {
      expect(row[3]).toMatch(/^.+\.$/);
    }
  });
});

describe('the tables of fields', () => {
  const commandShapes = commandSchema.def.options.map(
    (option, i) => [COMMAND_TYPES[i] ?? '', option.shape] as const,
  );
  const signalShapes = [
    ['error', errorSignalSchema.shape],
    ['disconnect', disconnectSignalSchema.shape],
  ] as const;

  it.each([
    ...catalogue.filter(({ type }) => type !== 'pong').map(({ type, data }) => [type, data.shape] as const),
    ...commandShapes,
    ...signalShapes,
  ])('list the fields of %s, and which are optional', (name, shape: Record<string, z.core.$ZodType>) => {
    const rows = document
      .table(name)
      .flatMap(([fields = '', , meaning = '']) =>
        [...fields.matchAll(/`(\w+)`/g)].map(([, field]) => [
          field,
          /\bOptional\b|\bpresent exactly when\b|\bAbsent\b/.test(meaning),
        ]),
      );
    const expected = Object.entries(shape)
      .filter(([field]) => field !== 'type')
      .map(([field, schema]) => [field, (schema._zod as { def: { type: string } }).def.type === 'optional']);
    expect(rows).toEqual(expected);
  });
});

describe('the frames', () => {
  it.each(blocksOf('json'))('are valid: %s', (_title, { heading, lines }) => {
    const text = lines.join('\n');
    expect(JSON.parse(text).type).toBe(heading);
    if (COMMAND_TYPES.some((type) => type === heading)) readCommand(text);
    else readMessage(text);
  });

  it('show every message, command and signal', () => {
    expect(blocksOf('json').map(([, { heading }]) => heading)).toEqual([
      ...catalogue.map(({ type }) => type),
      ...COMMAND_TYPES,
      'error',
      'disconnect',
    ]);
  });

  it('show data that the publish body of their type leads to', () => {
    for (const { type, publish } of publicationsOf(catalogue)) {
      const [, block] = blocksOf('json').find(([, { heading }]) => heading === type) ?? [];
      expect(JSON.parse(block?.lines.join('') ?? '').data).toEqual(
        publish.toData(publish.body.parse(publish.example)),
      );
    }
  });
});

describe('the dialogues', () => {
  const dialogues = blocksOf('dialogue');

  it('cover the races', () => {
    expect(new Set(dialogues.map(([, { heading }]) => heading)).size).toBeGreaterThanOrEqual(14);
  });

  it.each(dialogues)('keep the rules: %s', (_title, { lines }) => {
    expect(() => checkDialogue(lines)).not.toThrow();
  });
});

describe('the HTTP exchanges', () => {
  const statuses: Record<string, number> = Object.fromEntries(
    Object.entries(errorCodes).map(([code, entry]) => [code, 'status' in entry ? entry.status : 0]),
  );

  it.each(blocksOf('http'))('are valid: %s', (_title, { lines }) => {
    let request = '';
    let status = 0;
    let bodies = 0;
    for (const line of lines) {
      if (/^(GET|POST) /.test(line)) [request, status] = [line, 0];
      else if (/^\d{3} /.test(line)) status = Number(line.slice(0, 3));
      else if (line.startsWith('{')) {
        bodies++;
        checkBody(line, request, status);
      } else expect(line).toMatch(/^$|^[A-Z][A-Za-z-]+: .+$/);
    }
    expect(bodies).toBeGreaterThan(0);
  });

  function checkBody(text: string, request: string, status: number): void {
    const body = JSON.parse(text);
    if (status === 0) {
      const definition = publicationsOf(catalogue).find(
        ({ type }) => request === `POST ${broadcastPath(type)}`,
      );
      // The one body that is refused in the document shows what a refusal looks like.
      if (request === `POST ${BATCH_PATH}`) expect(withoutRefused(body).messages.length).toBeGreaterThan(1);
      else if (definition && body.rating !== 6)
        expect(broadcastBodySchema(definition).parse(body)).toEqual(body);
    } else if (status !== 200) {
      expect(errorBodySchema.parse(body)).toEqual(body);
      expect(statuses[body.error]).toBe(status);
    } else {
      expect((answerSchemas[request] ?? broadcastAnswerSchema).parse(body)).toEqual(body);
    }
  }

  const answerSchemas: Record<string, z.ZodMiniType> = {
    'GET /ws/status': statusSchema,
    [`POST ${BATCH_PATH}`]: batchAnswerSchema,
  };

  /** A batch without the message that shows what a refusal looks like. */
  function withoutRefused({ messages }: { messages: { rating?: number }[] }) {
    const body = { messages: messages.filter(({ rating }) => rating !== 6) };
    expect(batchBodySchema(catalogue).parse(body)).toEqual(body);
    return body;
  }
});

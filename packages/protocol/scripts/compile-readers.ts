/*
 * Compiles the schemas of what servers say into `src/wire-readers.ts`: readers that accept what zod accepts, without
 * zod, which is too big for every browser. Run `pnpm --filter @vitalwire/protocol compile` after a change of a schema;
 * a test fails until then.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod/mini';
import { pingIdSchema } from '../src/commands.ts';
import * as fields from '../src/fields.ts';
import {
  catalogue,
  diagnosisIdSchema,
  epochSchema,
  messageSchema,
  offsetSchema,
  positionSchema,
  recommendationSchema,
} from '../src/index.ts';
import { disconnectSignalSchema, errorSignalSchema } from '../src/signals.ts';

const OUTPUT = new URL('../src/wire-readers.ts', import.meta.url);

/** Schemas that get a name in the output. */
const NAMED = {
  ...fields,
  diagnosisIdSchema,
  epochSchema,
  offsetSchema,
  positionSchema,
  pingIdSchema,
  recommendationSchema,
} satisfies Record<string, z.core.$ZodType>;

class Compiler {
  readonly #used = new Set<string>();
  readonly #constants: string[] = [];

  /** An expression for the reader of a schema. */
  compile(schema: z.core.$ZodType): string {
    const found = Object.entries(NAMED).find(([, named]) => named === schema)?.[0];
    if (!found) return this.#expression(schema);
    const name = found.replace(/Schema$/, '');
    if (name === 'openField') return this.#use(name);
    const constant = `const ${name} = ${this.#expression(schema)};`;
    if (!this.#constants.includes(constant)) this.#constants.push(constant);
    return name;
  }

  #expression(schema: z.core.$ZodType): string {
    const { def } = schema._zod as { def: z.core.$ZodTypes['_zod']['def'] };
    switch (def.type) {
      case 'string':
        return this.#call('string', textPattern(def));
      case 'number':
        return this.#call('check' in def ? 'integer' : 'number', numberBounds(def));
      case 'boolean':
        return this.#use('boolean');
      case 'literal':
        return this.#call('string', [oneOf(def.values)]);
      case 'union':
        return this.#call(
          'union',
          def.options.map((option) => this.compile(option)),
        );
      case 'optional':
        return this.#call('optional', [this.compile(def.innerType)]);
      case 'array':
        noChecks(def);
        return this.#call('array', [this.compile(def.element)]);
      case 'object': {
        noChecks(def);
        const shape = Object.entries(def.shape).map(([name, field]) => property(name, this.compile(field)));
        const rest = def.catchall ? [this.compile(def.catchall)] : [];
        return this.#call('object', [`{ ${shape.join(', ')} }`, ...rest]);
      }
      default:
        throw new Error(`no reader for a schema of type ${def.type}`);
    }
  }

  #call(name: string, values: readonly string[]): string {
    return `${this.#use(name)}(${values.join(', ')})`;
  }

  #use(name: string): string {
    this.#used.add(name);
    return name;
  }

  /** The module with these exports. */
  module(exports: Record<string, string>): string {
    return [
      '// Compiled from the schemas by scripts/compile-readers.ts: change those, then run `pnpm compile`.',
      `import { ${[...this.#used].sort().join(', ')} } from './reader.ts';`,
      ...this.#constants,
      ...Object.entries(exports).map(([name, value]) => `export const ${name} = ${value};`),
      '',
    ].join('\n\n');
  }
}

const property = (name: string, value: string) => (name === value ? name : `${name}: ${value}`);

type Checked = { readonly checks?: readonly z.core.$ZodCheck<never>[] | undefined };

function checksOf({ checks = [] }: Checked): z.core.$ZodChecks['_zod']['def'][] {
  return checks.map((check) => check._zod.def as z.core.$ZodChecks['_zod']['def']);
}

function noChecks(def: Checked): void {
  if (checksOf(def).length > 0) throw new Error('no reader for checks of an array or an object');
}

function textPattern(def: Checked): string[] {
  let [minimum, maximum, pattern] = [0, '', ''];
  for (const check of checksOf(def)) {
    if (check.check === 'min_length') minimum = check.minimum;
    else if (check.check === 'max_length') maximum = String(check.maximum);
    else if (check.check === 'string_format' && 'pattern' in check && check.pattern)
      pattern = String(check.pattern);
    else throw new Error(`no reader for the check ${check.check} of a text`);
  }
  if (pattern && (minimum || maximum)) throw new Error('no reader for a text with a pattern and a length');
  if (pattern) return [pattern];
  return minimum || maximum ? [`/^.{${minimum},${maximum}}$/su`] : [];
}

function oneOf(values: readonly z.core.util.Literal[]): string {
  if (values.every((value) => /^\w+$/.test(String(value)) && typeof value === 'string')) {
    return `/^(${values.join('|')})$/`;
  }
  throw new Error(`no reader for one of ${values.map(String).join(', ')}`);
}

function numberBounds(def: Checked & { format?: string }): string[] {
  let [minimum, maximum] = ['-Infinity', 'Infinity'];
  for (const check of checksOf(def)) {
    const bound =
      check.check === 'greater_than' || check.check === 'less_than' ? Number(check.value) : Number.NaN;
    const step = 'inclusive' in check && check.inclusive ? 0 : def.format === 'safeint' ? 1 : Number.NaN;
    if (check.check === 'greater_than') minimum = String(bound + step);
    else if (check.check === 'less_than') maximum = String(bound - step);
    if (Number.isNaN(bound + step)) throw new Error(`no reader for the check ${check.check} of a number`);
  }
  return maximum === 'Infinity' ? (minimum === '-Infinity' ? [] : [minimum]) : [minimum, maximum];
}

/** The source of `src/wire-readers.ts`, not yet formatted. */
export function compileReaders(): string {
  const compiler = new Compiler();
  const group = (entries: readonly (readonly [string, z.core.$ZodType])[]) =>
    `{ ${entries.map(([name, schema]) => property(name, compiler.compile(schema))).join(', ')} }`;
  const publications = catalogue.filter(({ publish }) => publish);
  const answers = catalogue.filter(({ publish }) => !publish);
  const place = [
    ['diagnosis_id', diagnosisIdSchema],
    ['epoch', epochSchema],
    ['offset', offsetSchema],
  ] as const;
  return compiler.module({
    placeReaders: group(place),
    envelopeReaders: group([['type', z.string()], ...place, ['timestamp', fields.timestampSchema]]),
    publicationReaders: group(publications.map(({ type, data }) => [type, data])),
    answerReaders: group([
      ...answers.map((definition) => [definition.type, messageSchema(definition)] as const),
      ['error', errorSignalSchema],
      ['disconnect', disconnectSignalSchema],
    ]),
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const before = readFileSync(OUTPUT, { encoding: 'utf8', flag: 'a+' });
  writeFileSync(OUTPUT, compileReaders());
  execFileSync('biome', ['check', '--write', fileURLToPath(OUTPUT)], { stdio: 'inherit' });
  if (readFileSync(OUTPUT, 'utf8') !== before) console.log('src/wire-readers.ts changed');
}

/** The part of JSON Schema that a catalogue's schemas are written in. */
export interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
}

/** Zod's name of an issue. */
export type IssueCode =
  | 'invalid_type'
  | 'invalid_value'
  | 'invalid_union'
  | 'invalid_format'
  | 'too_small'
  | 'too_big';

/** A value with one mistake. */
export interface Spoiled {
  /** Where it is: names of fields and indexes from the outside in. Empty for the whole. */
  readonly path: readonly (string | number)[];
  /** What is wrong, in words. */
  readonly what: string;
  readonly code: IssueCode;
  readonly value: unknown;
}

/** Every way to break a valid value in one place, as little as possible. */
export function* spoil(schema: Schema, valid: unknown): Generator<Spoiled> {
  if (schema.anyOf) yield* spoilUnion(schema.anyOf, valid);
  else if (schema.const !== undefined || schema.enum) {
    yield { path: [], what: 'another value', code: 'invalid_value', value: `no ${String(valid)}` };
  } else if (schema.type === 'object') yield* spoilObject(schema, valid as Record<string, unknown>);
  else if (schema.type === 'array') yield* spoilArray(schema, valid as readonly unknown[]);
  else if (schema.type === 'string') yield* spoilText(schema);
  else if (schema.type === 'number' || schema.type === 'integer') yield* spoilNumber(schema);
}

function* spoilObject(schema: Schema, valid: Record<string, unknown>): Generator<Spoiled> {
  yield { path: [], what: 'no object', code: 'invalid_type', value: 'text' };
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    if (!(name in valid)) continue;
    if (schema.required?.includes(name)) {
      const { [name]: _, ...rest } = valid;
      yield { path: [name], what: 'missing', code: codeOfMissing(field), value: rest };
    }
    for (const inner of spoil(field, valid[name])) {
      yield { ...inner, path: [name, ...inner.path], value: { ...valid, [name]: inner.value } };
    }
  }
}

function codeOfMissing(field: Schema): IssueCode {
  if (field.anyOf) return 'invalid_union';
  return field.const !== undefined || field.enum ? 'invalid_value' : 'invalid_type';
}

function* spoilArray({ items }: Schema, valid: readonly unknown[]): Generator<Spoiled> {
  yield { path: [], what: 'no array', code: 'invalid_type', value: 'text' };
  const [first, ...rest] = valid;
  if (!items || first === undefined) return;
  for (const inner of spoil(items, first)) {
    yield { ...inner, path: [0, ...inner.path], value: [inner.value, ...rest] };
  }
}

function* spoilText({ minLength = 0, maxLength, pattern }: Schema): Generator<Spoiled> {
  yield { path: [], what: 'no text', code: 'invalid_type', value: 7 };
  if (minLength > 0) {
    const value = 'x'.repeat(minLength - 1);
    yield { path: [], what: `shorter than ${minLength}`, code: 'too_small', value };
  }
  if (maxLength !== undefined) {
    const value = 'x'.repeat(maxLength + 1);
    yield { path: [], what: `longer than ${maxLength}`, code: 'too_big', value };
  }
  if (pattern !== undefined) yield { path: [], what: 'another form', code: 'invalid_format', value: '!' };
}

function* spoilNumber(schema: Schema): Generator<Spoiled> {
  const { type, minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const step = type === 'integer' ? 1 : 0.01;
  yield { path: [], what: 'no number', code: 'invalid_type', value: 'text' };
  if (type === 'integer')
    yield { path: [], what: 'a fraction', code: 'invalid_type', value: fractionIn(schema) };
  const least = exclusiveMinimum ?? (minimum === undefined ? undefined : minimum - step);
  const most = exclusiveMaximum ?? (maximum === undefined ? undefined : maximum + step);
  if (least !== undefined && isExact(least))
    yield { path: [], what: 'too small', code: 'too_small', value: least };
  if (most !== undefined && isExact(most))
    yield { path: [], what: 'too large', code: 'too_big', value: most };
}

function fractionIn({ minimum = 0, exclusiveMinimum = minimum }: Schema): number {
  return Math.max(0, exclusiveMinimum) + 0.5;
}

/** Beyond the safe integers a number is no longer what was written. */
function isExact(value: number): boolean {
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER;
}

/**
 * Of a union of objects the mistakes of the form that the value has. A mistake of the kind says of a form that it is
 * another one, so the whole union is at fault; a value out of bounds is one of this form.
 */
function* spoilUnion(options: readonly Schema[], valid: unknown): Generator<Spoiled> {
  yield { path: [], what: 'none of the forms', code: 'invalid_union', value: null };
  const form = options.find((option) => hasForm(option, valid));
  if (form?.type !== 'object') {
    const shortest = options.find(({ minLength = 0 }) => minLength > 0);
    if (shortest) yield* [...spoilText(shortest)].filter(({ code }) => code !== 'invalid_type');
    return;
  }
  for (const inner of spoil(form, valid)) {
    const isOutOfBounds = ['too_small', 'too_big', 'invalid_format'].includes(inner.code);
    yield isOutOfBounds
      ? inner
      : { ...inner, path: [], code: 'invalid_union', what: `${inner.path.join('.')} ${inner.what}` };
  }
}

/** Whether the literals of an object are those of this form. */
function hasForm({ type, properties = {} }: Schema, value: unknown): boolean {
  if (type !== 'object' || typeof value !== 'object' || value === null) return type === typeof value;
  const fields = value as Record<string, unknown>;
  return Object.entries(properties).every(([name, { const: literal, enum: literals }]) => {
    const allowed = literals ?? (literal === undefined ? undefined : [literal]);
    return allowed === undefined || allowed.includes(fields[name]);
  });
}

import type { PublicationDefinition } from '@vitalwire/protocol';
import { jsonSchemas } from '@vitalwire/protocol/documents';

/** The part of JSON Schema that decides how a field may vary. */
interface Field {
  readonly type?: string;
  readonly anyOf?: readonly Field[];
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Shares vary in hundredths. */
const STEPS = 100;

/**
 * A valid body of a type: the catalogue's example, in which the publication's own id counts up and numbers between bounds
 * vary. The same number makes the same body.
 *
 * @param number which one, from 0; 0 is the example itself.
 */
export function exampleBody(definition: PublicationDefinition, number: number): Record<string, unknown> {
  const example: Record<string, unknown> = { ...definition.publish.example };
  const fields = fieldsOf(definition);
  for (const [name, value] of Object.entries(example)) {
    if (typeof value !== 'number') continue;
    if (name === ownId(definition.type)) example[name] = value + number;
    else example[name] = varied(value, fields[name], number);
  }
  return example;
}

/** `feedback_id` of a `feedback_update`. */
function ownId(type: string): string {
  return `${type.replace(/_[^_]*$/, '')}_id`;
}

/** Only between two bounds: a number without them may refer to something. */
function varied(value: number, { type, minimum, maximum }: Field = {}, number: number): number {
  if (minimum === undefined || maximum === undefined || type === undefined) return value;
  const range = maximum - minimum;
  if (type === 'integer') return minimum + ((value - minimum + number) % (range + 1));
  // 37 has no factor in common with 101, so all hundredths come up before one comes again.
  const step = (Math.round(((value - minimum) / range) * STEPS) + 37 * number) % (STEPS + 1);
  return number === 0 ? value : Number((minimum + (step / STEPS) * range).toFixed(12));
}

const known = new WeakMap<PublicationDefinition, Readonly<Record<string, Field>>>();

function fieldsOf(definition: PublicationDefinition): Readonly<Record<string, Field>> {
  const found = known.get(definition);
  if (found) return found;
  const schema = jsonSchemas([definition]).bodies[definition.type];
  const fields = (schema?.['properties'] ?? {}) as Record<string, Field>;
  known.set(definition, fields);
  return fields;
}

import {
  type Catalogue,
  type MessageDefinition,
  publicationsOf,
  catalogue as standardCatalogue,
} from '@vitalwire/protocol';
import { jsonSchemas } from '@vitalwire/protocol/documents';
import { exampleBody } from '../publish/example-body.ts';
import { exampleMessages } from './example-messages.ts';
import { type IssueCode, type Schema, spoil } from './spoil.ts';

/** A message, or a body to publish, that is valid but for one field. */
export interface Invalid {
  /** For the name of a test, such as `data.rating: too large`. */
  readonly what: string;
  /** The field at fault: names of fields and indexes from the outside in, joined by dots. */
  readonly path: string;
  /** Zod's name of the only issue. */
  readonly code: IssueCode;
  readonly value: unknown;
}

/**
 * Frames of a type that a reader has to refuse, each with one mistake, from the schema that readers use.
 *
 * @throws {RangeError} when the catalogue has no such type, or no example of it is known: of the types that cannot be
 * published only `connect` and `pong` have one.
 */
export function invalidMessages(type: string, catalogue: Catalogue = standardCatalogue): Invalid[] {
  const definition = definitionOf(type, catalogue);
  const schema = jsonSchemas(catalogue).messages[type] as Schema;
  return unique(exampleMessages(definition).flatMap((example) => mistakes(schema, example)));
}

/**
 * Bodies of a type that the server has to refuse to publish with 422, each with one mistake. They carry the diagnosis id.
 *
 * @throws {RangeError} when the catalogue has no such type that can be published.
 */
export function invalidBodies(type: string, catalogue: Catalogue = standardCatalogue): Invalid[] {
  const [definition] = publicationsOf([definitionOf(type, catalogue)]);
  if (!definition) throw new RangeError(`${type} cannot be published`);
  const schema = jsonSchemas(catalogue).bodies[type] as Schema;
  return mistakes(schema, { diagnosis_id: 123, to: 'anna', ...exampleBody(definition, 0) });
}

function definitionOf(type: string, catalogue: Catalogue): MessageDefinition {
  const definition = catalogue.find((one) => one.type === type);
  if (!definition) throw new RangeError(`the catalogue has no ${type}`);
  return definition;
}

/** Not of the whole: what is no object has no type, so it is no message of one. Nor of the type, which names another message. */
function mistakes(schema: Schema, example: object): Invalid[] {
  return [...spoil(schema, example)]
    .filter(({ path: [first] }) => first !== undefined && first !== 'type')
    .map(({ path, what, code, value }) => ({
      what: `${path.join('.')}: ${what}`,
      path: path.join('.'),
      code,
      value,
    }));
}

/** Two examples of a type have mistakes in common. */
function unique(all: readonly Invalid[]): Invalid[] {
  return [...new Map(all.toReversed().map((one) => [one.what, one])).values()].toReversed();
}

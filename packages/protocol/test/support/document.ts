import type { JsonObject } from '../../src/documents/index.ts';

/** The part of a document at a path. @throws {Error} when there is none, naming what there is. */
export function part(document: unknown, ...path: readonly (string | number)[]): JsonObject {
  let value = document;
  for (const name of path) {
    const fields = value as JsonObject;
    if (!Object.hasOwn(fields, name)) throw new Error(`no ${name} among ${Object.keys(fields).join(', ')}`);
    value = fields[name];
  }
  return value as JsonObject;
}

/** Every value in a document, the document included, with its path. */
export function* walk(value: unknown, path = ''): Generator<[path: string, value: unknown]> {
  yield [path, value];
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) yield* walk(inner, `${path}/${name}`);
}

/** The paths of fields of schemas that have no description. */
export function undescribed(schema: JsonObject): string[] {
  return [...walk(schema)].flatMap(([path, value]) =>
    /\/properties\/[^/]+$/.test(path) && !(value as JsonObject)['description'] ? [path] : [],
  );
}

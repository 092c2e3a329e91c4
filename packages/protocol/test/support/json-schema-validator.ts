import { Ajv, type ErrorObject } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { JsonObject } from '../../src/documents/index.ts';

type Draft = 'draft-2020-12' | 'draft-07';

/** Compiles a JSON Schema; throws when it is none. The result gives what is wrong with a value. */
export function validatorOf(
  schema: JsonObject,
  draft: Draft = 'draft-2020-12',
): (value: unknown) => ErrorObject[] {
  const options = { strict: true, strictTypes: false, allErrors: true } as const;
  const ajv = draft === 'draft-07' ? new Ajv(options) : new Ajv2020(options);
  const validate = ajv.compile(schema);
  return (value) => {
    validate(value);
    return validate.errors ?? [];
  };
}

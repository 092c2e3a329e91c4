import {
  addressSchema,
  type BroadcastAnswer,
  type Catalogue,
  compileSchema,
  type Issue,
  idempotencyKeySchema,
  issuesOf,
  type PublicationDefinition,
  type PublicationType,
  type PublishBody,
  publicationsOf,
  type Validate,
} from '@vitalwire/protocol';
import { RequestError } from './errors.ts';
import type { PublishRequest } from './http/dependencies.ts';

/** What may be said about a publication besides its body. */
export interface BroadcastOptions {
  /** Only this user's sessions receive it; it keeps its place in the order. @default everybody who may see the diagnosis */
  to?: string;
  /** A repeated call with the same key returns the first answer and publishes nothing; 1 to 255 characters. */
  idempotencyKey?: string;
}

/** The name of the method that publishes a type: `effectivenessUpdate` for `effectiveness_update`. */
export type MethodName<Type extends string> = Type extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<MethodName<Tail>>}`
  : Type;

/**
 * One method for each publication type of the catalogue, for example `effectivenessUpdate`. A method resolves when the
 * publication is durable.
 *
 * @throws {RequestError} `invalid_body` with the offending fields, `idempotency_conflict`, `unavailable`, `outcome_unknown`.
 */
export type Broadcast<C extends Catalogue> = {
  readonly [Type in PublicationType<C> as MethodName<Type>]: (
    diagnosisId: number,
    body: PublishBody<Type, C>,
    options?: BroadcastOptions,
  ) => Promise<BroadcastAnswer>;
};

/** The publisher of everything that this process publishes itself; a `sub` is never empty, so no token is mixed up with it. */
const THIS_PROCESS = '';

const NO_OPTIONS: BroadcastOptions = {};
const validateAddress = compileSchema(addressSchema);

/** Derives the broadcast methods from the catalogue. */
export function createBroadcast<C extends Catalogue>(
  catalogue: C,
  publish: (request: PublishRequest) => Promise<BroadcastAnswer>,
): Broadcast<C> {
  const methods = publicationsOf(catalogue).map((definition) => {
    const validate = compileSchema(definition.publish.body);
    const method = (diagnosisId: number, body: object, options: BroadcastOptions = NO_OPTIONS) => {
      // Not an async function, whose promise would wait for that of `publish`.
      try {
        return publish(checkRequest({ definition, validate }, diagnosisId, body, options));
      } catch (error) {
        return Promise.reject(error);
      }
    };
    return [camelCase(definition.type), method];
  });
  return Object.fromEntries(methods) as Broadcast<C>;
}

function checkRequest(
  { definition, validate }: { definition: PublicationDefinition; validate: Validate },
  diagnosisId: number,
  body: object,
  { to, idempotencyKey }: BroadcastOptions,
): PublishRequest {
  const address = validateAddress({ diagnosis_id: diagnosisId, to });
  if (!address.success) refuse(issuesOf(address.error));
  const checked = validate(body);
  if (!checked.success) refuse(issuesOf(checked.error));
  if (idempotencyKey !== undefined && !idempotencyKeySchema.safeParse(idempotencyKey).success) {
    refuse([{ path: 'idempotencyKey', message: 'expected 1 to 255 characters' }]);
  }
  return { definition, diagnosisId, body: checked.data, to, idempotencyKey, publisher: THIS_PROCESS };
}

function refuse(issues: readonly Issue[]): never {
  const text = issues.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new RequestError('invalid_body', text, { issues });
}

function camelCase(type: string): string {
  return type.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

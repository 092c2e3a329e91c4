import {
  addressSchema,
  broadcastBodySchema,
  broadcastPath,
  IDEMPOTENCY_HEADER,
  idempotencyKeySchema,
  issuesOf,
  type ObjectSchema,
  type PublicationDefinition,
  publicationsOf,
} from '@vitalwire/protocol';
import { RequestError } from '../errors.ts';
import { authenticate } from './bearer.ts';
import type { HttpDependencies } from './dependencies.ts';
import { readJsonBody } from './json-body.ts';
import type { Route } from './route.ts';

/** The endpoints that publish: one for each type of the catalogue that can be published. */
export function broadcastRoutes(dependencies: HttpDependencies): Route[] {
  return publicationsOf(dependencies.catalogue).map((definition) => broadcastRoute(definition, dependencies));
}

function broadcastRoute(definition: PublicationDefinition, dependencies: HttpDependencies): Route {
  const { maxBodyBytes, verify, allowPublish, publish } = dependencies;
  const schema = broadcastBodySchema(definition);
  return {
    method: 'POST',
    path: broadcastPath(definition.type),
    async handle({ req: { raw: request } }) {
      // Who cannot prove anything costs no reading; who may not publish here still learns what is wrong with the body.
      const principal = await authenticate(request.headers, verify);
      const fields = validate(schema, await readJsonBody(request, maxBodyBytes));
      const idempotencyKey = readIdempotencyKey(request.headers);
      const { diagnosis_id: diagnosisId, to } = addressSchema.parse(fields);
      const { diagnosis_id: _, to: __, ...body } = fields;
      await allowPublish(principal, diagnosisId);
      const publisher = principal.userId;
      return Response.json(await publish({ definition, diagnosisId, body, to, idempotencyKey, publisher }));
    },
  };
}

function validate(schema: ObjectSchema, value: unknown): Record<string, unknown> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new RequestError('invalid_body', 'the body is not valid', { issues: issuesOf(result.error) });
}

function readIdempotencyKey(headers: Headers): string | undefined {
  const result = idempotencyKeySchema.safeParse(headers.get(IDEMPOTENCY_HEADER) ?? undefined);
  if (result.success) return result.data;
  if (!headers.has(IDEMPOTENCY_HEADER)) return undefined;
  const issues = issuesOf(result.error).map((issue) => ({ ...issue, path: IDEMPOTENCY_HEADER }));
  throw new RequestError('invalid_body', `the header ${IDEMPOTENCY_HEADER} is not valid`, { issues });
}

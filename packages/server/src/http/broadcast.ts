import {
  broadcastBodySchema,
  broadcastPath,
  compileSchema,
  IDEMPOTENCY_HEADER,
  idempotencyKeySchema,
  issuesOf,
  type PublicationDefinition,
  parseJson,
  publicationsOf,
  type Validate,
} from '@vitalwire/protocol';
import { RequestError } from '../errors.ts';
import { answerText, doneWith } from './answer.ts';
import { authenticate } from './bearer.ts';
import type { HttpDependencies } from './dependencies.ts';
import { readJsonText } from './json-body.ts';
import { type IncomingPublish, type PublishEndpoint, publishEndpoint } from './publish-endpoint.ts';

/** The endpoints that publish: one for each type of the catalogue that can be published. */
export function broadcastEndpoints(dependencies: HttpDependencies): PublishEndpoint[] {
  return publicationsOf(dependencies.catalogue).map((definition) =>
    broadcastEndpoint(definition, dependencies),
  );
}

function broadcastEndpoint(
  definition: PublicationDefinition,
  { maxBodyBytes, verify, allowPublish, publish, logger }: HttpDependencies,
): PublishEndpoint {
  const validate = compileSchema(broadcastBodySchema(definition));
  const path = broadcastPath(definition.type);
  return publishEndpoint({ path, maxBytes: maxBodyBytes, logger }, async (request) => {
    // Who cannot prove anything costs no reading; who may not publish here still learns what is wrong with the body.
    const principal = await authenticate(request.header('authorization'), verify);
    const { diagnosis_id, to, ...body } = fieldsOf(
      validate,
      parseJson(await readJsonText(request, maxBodyBytes)),
    );
    const idempotencyKey = readIdempotencyKey(request);
    // Text and number by the schema, which says so to no type.
    const [diagnosisId, recipient] = [diagnosis_id as number, to as string | undefined];
    await allowPublish(principal, diagnosisId);
    const publisher = principal.userId;
    return doneWith(
      answerText(await publish({ definition, diagnosisId, body, to: recipient, idempotencyKey, publisher })),
    );
  });
}

function fieldsOf(validate: Validate, value: unknown): Record<string, unknown> {
  const result = validate(value);
  if (result.success) return result.data;
  throw new RequestError('invalid_body', 'the body is not valid', { issues: issuesOf(result.error) });
}

function readIdempotencyKey(request: IncomingPublish): string | undefined {
  const given = request.header(IDEMPOTENCY_HEADER.toLowerCase());
  if (given === undefined) return undefined;
  const result = idempotencyKeySchema.safeParse(given);
  if (result.success) return result.data;
  const issues = issuesOf(result.error).map((issue) => ({ ...issue, path: IDEMPOTENCY_HEADER }));
  throw new RequestError('invalid_body', `the header ${IDEMPOTENCY_HEADER} is not valid`, { issues });
}

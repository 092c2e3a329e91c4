import { type BroadcastAnswer, type Catalogue, catalogue } from '@vitalwire/protocol';
import { createAccess } from '../../src/auth/access.ts';
import { ownDiagnoses } from '../../src/auth/own-diagnoses.ts';
import type { Authorize } from '../../src/auth/principal.ts';
import { createTokenVerifier } from '../../src/auth/token.ts';
import { systemClock } from '../../src/clock.ts';
import { createHttpApp, type HttpApp } from '../../src/http/app.ts';
import type { HttpDependencies, PublishRequest } from '../../src/http/dependencies.ts';
import { type RecordingLogger, recordingLogger } from '../support/recording-logger.ts';
import { forge, NOW, NOW_MS, SECRET } from '../support/tokens.ts';

/** Tokens of the people in these tests. */
export const ANNA = forge({ sub: 'anna', exp: NOW + 3_600, diagnoses: [123] });
export const BACKEND = forge({ sub: 'backend', exp: NOW + 3_600, scope: 'broadcast' });
export const EXPIRED = forge({ sub: 'anna', exp: NOW - 3_600, diagnoses: [123] });

/** Valid bodies, with a text that must not reach the log. */
export const CONTENT = 'cannot sleep since Tuesday';
export const FEEDBACK = {
  diagnosis_id: 123,
  feedback_id: 311,
  rating: 4,
  effectiveness: 0.8,
  comment: CONTENT,
};
export const EFFECTIVENESS = {
  diagnosis_id: 123,
  recommendation_id: 7,
  new_effectiveness: 0.82,
  confidence: 0.9,
  sample_size: 41,
};

export interface HttpBench {
  readonly logger: RecordingLogger;
  /** What reached the publisher, in order. */
  readonly published: PublishRequest[];
  readonly app: HttpApp;
  readonly fetch: (request: Request) => Promise<Response>;
  get(path: string, token?: string): Promise<Response>;
  post(path: string, body: unknown, init?: PostInit): Promise<Response>;
}

interface PostInit {
  readonly token?: string | undefined;
  readonly headers?: Record<string, string>;
  readonly method?: string;
}

export type BenchOptions = Partial<HttpDependencies> & { authorize?: Authorize; catalogue?: Catalogue };

/** The HTTP endpoints with real tokens and ownership; what would be published is written down. */
export function httpBench({ authorize = ownDiagnoses, ...overrides }: BenchOptions = {}): HttpBench {
  const logger = recordingLogger();
  const published: PublishRequest[] = [];
  const publish = overrides.publish ?? note;
  const access = createAccess(authorize, { timeoutMs: 1_000, clock: systemClock, logger });
  const app = createHttpApp({
    catalogue,
    maxBodyBytes: 65_536,
    maxBatchBytes: 8_388_608,
    logger,
    verify: createTokenVerifier({ secret: SECRET }, () => NOW_MS),
    allowPublish: async (principal, diagnosisId) => access.check(principal, 'publish', diagnosisId),
    publish,
    publishAll: (requests) => Promise.allSettled(requests.map(publish)),
    status: async () => ({
      total_diagnoses: 1,
      total_connections: 2,
      connections_by_diagnosis: { 123: 2 },
      queued_messages_by_diagnosis: { 124: 5 },
    }),
    ready: async () => true,
    metrics: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'vitalwire_connections 2\n' }),
    ...overrides,
  });

  async function note(request: PublishRequest): Promise<BroadcastAnswer> {
    const offset = published.push(request);
    return {
      status: 'broadcasted',
      diagnosis_id: request.diagnosisId,
      clients_notified: 2,
      offset,
      epoch: 'e1',
    };
  }

  return {
    logger,
    published,
    app,
    fetch: (request) => app.fetch(request),
    get: (path, token) => app.fetch(new Request(`http://host${path}`, { headers: bearer(token) })),
    post: (path, body, { token = ANNA, headers = {}, method = 'POST' } = {}) =>
      app.fetch(
        new Request(`http://host${path}`, {
          method,
          headers: { 'content-type': 'application/json', ...bearer(token), ...headers },
          body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
        } as RequestInit),
      ),
  };
}

function bearer(token: string | undefined): Record<string, string> {
  return token ? { authorization: `Bearer ${token}` } : {};
}

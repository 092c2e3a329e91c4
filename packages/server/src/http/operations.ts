import type { Status } from '@vitalwire/protocol';
import { BROADCAST_SCOPE } from '../auth/principal.ts';
import { RequestError } from '../errors.ts';
import { bearerToken } from './bearer.ts';
import type { HttpDependencies } from './dependencies.ts';
import type { Route } from './route.ts';

/** The endpoints for whoever runs the server. */
export function operationRoutes({ verify, status, ready, metrics }: HttpDependencies): Route[] {
  return [
    {
      method: 'GET',
      path: '/ws/status',
      async handle({ req: { raw: request } }) {
        // Another scheme is somebody else's, such as a proxy's.
        const token = bearerToken(request.headers.get('Authorization'));
        const principal = token === undefined ? undefined : await verify(token);
        const seesAll = principal?.scopes.has(BROADCAST_SCOPE) ?? false;
        const full = await status();
        return answer(seesAll ? full : withoutDiagnoses(full));
      },
    },
    {
      method: 'GET',
      path: '/health',
      handle: () => answer({ status: 'ok' }),
    },
    {
      method: 'GET',
      path: '/ready',
      async handle() {
        const isReady = await ready().catch((cause: unknown) => {
          throw new RequestError('unavailable', 'not ready', { cause });
        });
        if (!isReady) throw new RequestError('unavailable', 'not ready');
        return answer({ status: 'ok' });
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      async handle() {
        const { contentType, text } = await metrics();
        return new Response(text, { headers: { 'Content-Type': contentType, ...NEVER_STORED } });
      },
    },
  ];
}

const NEVER_STORED = { 'Cache-Control': 'no-store' };

function answer(body: object): Response {
  return Response.json(body, { headers: NEVER_STORED });
}

/** The counts are open; which diagnoses there are is not. */
function withoutDiagnoses(status: Status): Status {
  return { ...status, connections_by_diagnosis: {}, queued_messages_by_diagnosis: {} };
}

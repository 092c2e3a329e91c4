import { Hono } from 'hono';
import { toResponse } from './answer.ts';
import { broadcastEndpoints } from './broadcast.ts';
import { batchEndpoint } from './broadcast-batch.ts';
import type { HttpDependencies } from './dependencies.ts';
import { docsRoutes } from './docs/routes.ts';
import { documentRoutes } from './documents.ts';
import { errorAnswer, refuse } from './error-answer.ts';
import { operationRoutes } from './operations.ts';
import { type PublishEndpoint, routeOf } from './publish-endpoint.ts';
import type { Route } from './route.ts';

/** The HTTP endpoints as one function from request to response. It never throws or rejects. */
export interface HttpApp {
  fetch(request: Request): Promise<Response>;
  /**
   * The endpoints that publish, by path. `fetch` answers through them as well; a carrier may ask them without a `Request`
   * and a `Response`, which cost more than all the rest of a publication.
   */
  readonly publishing: ReadonlyMap<string, PublishEndpoint>;
}

/**
 * Builds the HTTP endpoints; the publishing ones are derived from the catalogue.
 *
 * @throws {OptionError} when the catalogue has a type whose endpoint there is already.
 */
export function createHttpApp(dependencies: HttpDependencies): HttpApp {
  const { logger } = dependencies;
  const endpoints = [...broadcastEndpoints(dependencies), batchEndpoint(dependencies)];
  const routes: Route[] = [
    ...endpoints.map(routeOf),
    ...operationRoutes(dependencies),
    ...documentRoutes(dependencies.catalogue),
    ...docsRoutes(),
  ];
  const app = new Hono();
  app.use(async (context, next) => {
    await next();
    context.res.headers.set('X-Content-Type-Options', 'nosniff');
  });
  for (const { method, path, handle } of routes) {
    app.on(method, path, async (context) => {
      try {
        return await handle(context);
      } catch (error) {
        return toResponse(errorAnswer(error, path, logger));
      }
    });
    const allow = method === 'GET' ? 'GET, HEAD' : method;
    app.all(path, () => toResponse(refuse('method_not_allowed', `use ${allow}`, { Allow: allow })));
  }
  for (const path of ['/ws', '/ws/:diagnosis_id']) {
    app.get(path, () =>
      toResponse(refuse('not_found', 'this is a WebSocket endpoint: connect with ws: or wss:')),
    );
  }
  app.notFound(() => toResponse(refuse('not_found', 'no such path')));
  // Any other path is the peer's text, and may be a token in the wrong place: it is not logged.
  app.onError((error) => toResponse(errorAnswer(error, 'other', logger)));
  return {
    fetch: async (request) => app.fetch(request),
    publishing: new Map(endpoints.map((endpoint) => [endpoint.path, endpoint])),
  };
}

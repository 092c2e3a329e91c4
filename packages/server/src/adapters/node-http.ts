import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { JSON_HEADERS } from '../http/answer.ts';
import type { HttpApp } from '../http/app.ts';
import type { PublishEndpoint } from '../http/publish-endpoint.ts';
import { IncomingPublishMessage, isPlain } from './incoming-publish.ts';
import { type EventSource, takeOver } from './take-over.ts';

export interface AttachHttpOptions {
  /** Path in front of every endpoint, such as `/realtime`; empty for none. */
  readonly basePath: string;
}

/** The paths that belong to Vitalwire, and those with a `/` and more behind. Every other path is the application's. */
const OWN_PATHS = ['/ws', '/health', '/ready', '/metrics', '/docs', '/openapi.json', '/asyncapi.json'];
const OWN_FOLDERS = ['/ws/', '/docs/'];

/**
 * Answers the requests of Vitalwire's paths on an application's HTTP server. No listener of the application sees them,
 * so none of its middleware can read their bodies; it sees every other request as before.
 *
 * @returns a function that gives all requests back to the application.
 */
export function attachHttp(httpServer: EventSource, app: HttpApp, options: AttachHttpOptions): () => void {
  const answer = createListener(app);
  return takeOver(httpServer, (event, args) => {
    if (!isRequest(event, args)) return false;
    const [request, response] = args;
    const url = withoutBasePath(request.url ?? '', options.basePath);
    if (url === undefined) return false;
    request.url = url;
    // With a listener for this event, Node leaves the answer to `Expect: 100-continue` to it.
    if (event === 'checkContinue') response.writeContinue();
    answer(request, response);
    return true;
  });
}

/**
 * Creates a server for Vitalwire alone. Its timeouts are stricter than Node's, which let a peer that sends one byte at
 * a time hold a connection for 90 s.
 */
export function createStandaloneServer(app: HttpApp): Server {
  const server = createServer(
    { headersTimeout: 10_000, requestTimeout: 15_000, connectionsCheckingInterval: 2_000 },
    createListener(app),
  );
  server.maxHeadersCount = 100;
  return server;
}

function createListener({
  fetch,
  publishing,
}: HttpApp): (request: IncomingMessage, response: ServerResponse) => void {
  // The global Request and Response stay as they are: they belong to the application. A request of HTTP/1.0 may come
  // without a host.
  const listener = getRequestListener((request) => fetch(request), {
    overrideGlobalObjects: false,
    hostname: 'localhost',
  });
  return (request, response) => {
    const endpoint = request.method === 'POST' ? publishing.get(request.url ?? '') : undefined;
    if (endpoint && isPlain(request, endpoint.maxBytes)) void answerPublish(endpoint, request, response);
    else void listener(request, response);
  };
}

async function answerPublish(
  endpoint: PublishEndpoint,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, headers, body } = await endpoint.answer(new IncomingPublishMessage(request));
  response.writeHead(status, { ...JSON_HEADERS, 'Content-Length': Buffer.byteLength(body), ...headers });
  response.end(body);
}

function isRequest(
  event: string | symbol,
  args: readonly unknown[],
): args is [request: IncomingMessage, response: ServerResponse] {
  return (event === 'request' || event === 'checkContinue') && args.length === 2;
}

/** The address of an own path without the base path; `undefined` when the path is not ours. */
function withoutBasePath(url: string, basePath: string): string | undefined {
  if (!url.startsWith(basePath)) return undefined;
  const rest = url.slice(basePath.length);
  const path = rest.split(/[?#]/, 1)[0] ?? '';
  const own = OWN_PATHS.includes(path) || OWN_FOLDERS.some((folder) => path.startsWith(folder));
  return own ? rest : undefined;
}

import type { Catalogue } from '@vitalwire/protocol';
import { asyncApiDocument, openApiDocument } from '@vitalwire/protocol/documents';
import type { Route } from './route.ts';

/** The documents that describe the endpoints to tools. They are built when first asked for. */
export function documentRoutes(catalogue: Catalogue): Route[] {
  return [
    { method: 'GET', path: '/openapi.json', handle: once(() => openApiDocument(catalogue)) },
    { method: 'GET', path: '/asyncapi.json', handle: once(() => asyncApiDocument(catalogue)) },
  ];
}

function once(build: () => object): Route['handle'] {
  let text: string | undefined;
  return () => {
    text ??= JSON.stringify(build());
    return new Response(text, { headers: { 'Content-Type': 'application/json' } });
  };
}

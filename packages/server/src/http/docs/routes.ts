import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { RequestError } from '../../errors.ts';
import type { Route } from '../route.ts';

/** The files of the page. Those of Swagger UI are put beside the others by the build. */
const FILES = [
  'index.html',
  'page.css',
  'websocket.css',
  'swagger-theme.css',
  'main.js',
  'console.js',
  'dom.js',
  'http-tab.js',
  'reference.js',
  'schema.js',
  'tabs.js',
  'token.js',
  'swagger-ui.css',
  'swagger-ui-bundle.js',
] as const;

type FileName = (typeof FILES)[number];

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
};

/**
 * The page loads nothing from elsewhere and talks to nobody else. Swagger UI styles its elements in place, hence
 * `unsafe-inline` for styles, and shows images from `data:`.
 */
const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Frame-Options': 'DENY',
  'Cache-Control': 'no-cache',
};

/** The interactive page at `/docs`. All its addresses are relative, so it works under any prefix. */
export function docsRoutes(): Route[] {
  const loaded = new Map<FileName, string>();

  function serve(name: FileName): Route['handle'] {
    return async () => {
      const text = loaded.get(name) ?? (await load(name));
      loaded.set(name, text);
      return new Response(text, { headers: { 'Content-Type': contentTypeOf(name), ...HEADERS } });
    };
  }

  const files = FILES.filter((name) => name !== 'index.html');
  return [
    { method: 'GET', path: '/docs', handle: serve('index.html') },
    {
      method: 'GET',
      path: '/docs/',
      handle: () => new Response(null, { status: 308, headers: { Location: '../docs' } }),
    },
    ...files.map((name): Route => ({ method: 'GET', path: `/docs/${name}`, handle: serve(name) })),
  ];
}

async function load(name: FileName): Promise<string> {
  try {
    return await readFile(fileURLToPath(new URL(`page/${name}`, import.meta.url)), 'utf8');
  } catch (cause) {
    if (!name.startsWith('swagger-ui')) throw new RequestError('not_found', `no file ${name}`, { cause });
    // Run from source, the build has not put the file here.
    return await readFile(createRequire(import.meta.url).resolve(`swagger-ui-dist/${name}`), 'utf8');
  }
}

function contentTypeOf(name: FileName): string {
  return CONTENT_TYPES[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
}

import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { httpBench } from './support.ts';

const FOLDER = fileURLToPath(new URL('../../src/http/docs/page/', import.meta.url));
const { get } = httpBench();

/** The files of the page that a browser loads. */
async function pageFiles(): Promise<string[]> {
  return (await readdir(FOLDER)).filter((name) => /\.(css|js)$/.test(name));
}

/** The addresses that a file names, resolved as a browser does. */
function addressesIn(text: string, from: string): string[] {
  const named = text.matchAll(/(?:src|href)="([^"]+)"|from '([^']+)'|url\("?([^")]+)"?\)/g);
  return [...named].map(([, attribute, module, style]) => {
    const address = attribute ?? module ?? style ?? '';
    return new URL(address, `http://host${from}`).href;
  });
}

describe('GET /docs', () => {
  it('is a page that may load and call nothing but this server', async () => {
    const response = await get('/docs');
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
    const policy = response.headers.get('Content-Security-Policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("connect-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(response.headers.get('Referrer-Policy')).toBe('no-referrer');
  });

  it('serves every file of the page', async () => {
    for (const name of [...(await pageFiles()), 'swagger-ui.css', 'swagger-ui-bundle.js']) {
      const response = await get(`/docs/${name}`);
      expect([name, response.status]).toEqual([name, 200]);
      const type = name.endsWith('.css') ? 'text/css' : 'text/javascript';
      expect(response.headers.get('Content-Type')).toBe(`${type}; charset=utf-8`);
      expect((await response.text()).length).toBeGreaterThan(100);
    }
  });

  it('names nothing that is not served here', async () => {
    const files = [['/docs', 'index.html'], ...(await pageFiles()).map((name) => [`/docs/${name}`, name])];
    for (const [path = '', name = ''] of files) {
      for (const address of addressesIn(await readFile(`${FOLDER}${name}`, 'utf8'), path)) {
        if (address.startsWith('data:')) continue;
        const { origin, pathname } = new URL(address);
        expect([name, origin]).toEqual([name, 'http://host']);
        expect([name, pathname, (await get(pathname)).status]).toEqual([name, pathname, 200]);
      }
    }
  });

  it('names its files relatively, so that it works under any prefix', async () => {
    const html = await (await get('/docs')).text();
    for (const [, address = ''] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
      expect(address).toMatch(/^(data:|docs\/[\w.-]+$|\w+\.json$)/);
    }
  });

  it('leads the address with a slash at its end to the one that works', async () => {
    const response = await get('/docs/');
    expect(response.status).toBe(308);
    expect(response.headers.get('Location')).toBe('../docs');
  });

  it.each([
    'routes.ts',
    'page/main.js',
    'tsconfig.json',
    '..%2froutes.ts',
    '%2e%2e/package.json',
    'index.html',
  ])('serves no other file: %s', async (name) => {
    expect((await get(`/docs/${name}`)).status).toBe(404);
  });
});

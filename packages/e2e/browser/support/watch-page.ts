import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

/**
 * Serves a page at every path, on a free port: built with the client as an application is, for an address that exists
 * nowhere. Playwright runs it before all tests, and what it returns after them.
 */
export default async function serveWatchPage(): Promise<() => Promise<void>> {
  const page = `<!doctype html><meta charset="utf-8"><body></body><script type="module">${await bundle()}</script>`;
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(page);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  process.env['WATCH_PAGE'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
}

async function bundle(): Promise<string> {
  const build = await rolldown({
    input: join(import.meta.dirname, 'watch-page-main.js'),
    logLevel: 'silent',
  });
  const { output } = await build.generate({ format: 'esm', codeSplitting: false });
  await build.close();
  return output[0].code;
}

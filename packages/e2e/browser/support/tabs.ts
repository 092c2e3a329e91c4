import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test as base } from '@playwright/test';
import { SECRET, TcpProxy, tokenOf } from '@vitalwire/testing';
import { rolldown } from 'rolldown';
import { TestServer } from '../../support/test-server.ts';
import { UnwatchedPage } from './unwatched-page.ts';

const DIAGNOSIS = 7;

/** A server, and a site whose pages watch one of its diagnoses. */
export interface Site {
  readonly server: TestServer;
  readonly proxy: TcpProxy;
  /** The address of a user's page. */
  page(user?: string, more?: string): string;
  /** Opens it in a tab of one browser. */
  open(user?: string): Promise<UnwatchedPage>;
  publish(count?: number): Promise<void>;
}

export const test = base.extend<{ site: Site }, { script: string }>({
  script: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants it so
    async ({}, use) => {
      const build = await rolldown({
        input: join(import.meta.dirname, 'tab-page-main.js'),
        logLevel: 'silent',
      });
      const { output } = await build.generate({ format: 'esm', codeSplitting: false });
      await build.close();
      await use(output[0].code);
    },
    { scope: 'worker' },
  ],
  site: async ({ browser, script }, use) => {
    const server = await TestServer.start({
      auth: { secret: SECRET },
      retention: { publications: 100_000 },
    });
    const proxy = await TcpProxy.start(server.port);
    const host = createServer(async (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://host');
      if (pathname === '/token') {
        return response.end(await tokenOf({ sub: searchParams.get('user') ?? '', diagnoses: [DIAGNOSIS] }));
      }
      response.setHeader('content-type', 'text/html');
      response.end(`<!doctype html><meta charset="utf-8"><body><script type="module">${script}</script>`);
    }).listen(0, '127.0.0.1');
    await once(host, 'listening');
    const address = `http://127.0.0.1:${(host.address() as AddressInfo).port}`;
    const opened: UnwatchedPage[] = [];
    const site: Site = {
      server,
      proxy,
      page: (user = 'ann', more = '') =>
        `${address}/?${new URLSearchParams({ user, url: `ws://127.0.0.1:${proxy.port}/ws` })}${more}`,
      async open(user) {
        const page = await UnwatchedPage.open(browser, site.page(user));
        opened.push(page);
        return page;
      },
      async publish(count = 1) {
        for (let number = 0; number < count; number++) {
          await server.broadcast.feedbackUpdate(DIAGNOSIS, { feedback_id: 1, rating: 4, effectiveness: 0.8 });
        }
      },
    };
    await use(site);
    for (const page of opened) await page.close();
    await proxy[Symbol.asyncDispose]();
    host.closeAllConnections();
    host.close();
    await server.close();
  },
});

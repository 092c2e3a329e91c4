import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { SECRET, TcpProxy, tokenOf } from '@vitalwire/testing';
import { rolldown } from 'rolldown';
import { TestServer } from '../../support/test-server.ts';

const DIAGNOSIS = 7;

/** Bundles a program for a page, or for a worker, into one file. */
export async function bundled(file: string): Promise<string> {
  const build = await rolldown({ input: join(import.meta.dirname, file), logLevel: 'silent' });
  const { output } = await build.generate({ format: 'esm', codeSplitting: false });
  await build.close();
  return output[0].code;
}

/** A server, a network before it, and a site whose pages watch one of its diagnoses. */
export class Site implements AsyncDisposable {
  readonly server: TestServer;
  readonly proxy: TcpProxy;
  readonly #host: ReturnType<typeof createServer>;

  private constructor(server: TestServer, proxy: TcpProxy, host: ReturnType<typeof createServer>) {
    this.server = server;
    this.proxy = proxy;
    this.#host = host;
  }

  /** Starts one. Its pages run `script`, and each of `files` is there under its path. */
  static async start(script: string, files: Readonly<Record<string, string>> = {}): Promise<Site> {
    const server = await TestServer.start({
      auth: { secret: SECRET },
      retention: { publications: 100_000 },
    });
    const proxy = await TcpProxy.start(server.port);
    const host = createServer(async (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://host');
      if (pathname === '/token') return response.end(await Site.token(searchParams.get('user') ?? ''));
      const file = files[pathname];
      response.setHeader('content-type', file === undefined ? 'text/html' : 'text/javascript');
      response.end(
        file ?? `<!doctype html><meta charset="utf-8"><body><script type="module">${script}</script>`,
      );
    }).listen(0, '127.0.0.1');
    await once(host, 'listening');
    return new Site(server, proxy, host);
  }

  /** A token of a user who may watch the diagnosis. */
  static token(user: string): Promise<string> {
    return tokenOf({ sub: user, diagnoses: [DIAGNOSIS] });
  }

  /** What a client needs that watches the diagnosis over the network. */
  get watched() {
    return { url: `ws://127.0.0.1:${this.proxy.port}/ws`, diagnosisId: DIAGNOSIS };
  }

  /** The address of a user's page. */
  page(user = 'ann', more = ''): string {
    const { port } = this.#host.address() as AddressInfo;
    return `http://127.0.0.1:${port}/?${new URLSearchParams({ user, url: this.watched.url })}${more}`;
  }

  async publish(count = 1): Promise<void> {
    for (let number = 0; number < count; number++) {
      await this.server.broadcast.feedbackUpdate(DIAGNOSIS, {
        ...{ feedback_id: 1, rating: 4, effectiveness: 0.8 },
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
    this.#host.closeAllConnections();
    this.#host.close();
    await this.server.close();
  }
}

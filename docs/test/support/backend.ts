import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers one request: the status and the body, a text or what becomes JSON. */
export type Answer = (request: IncomingMessage, body: string) => [status: number, body: unknown];

/** The team's own backend, as far as an example talks to it. */
export class Backend implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(answer: Answer): Promise<Backend> {
    const server = createServer((request, response) => {
      let received = '';
      request.setEncoding('utf8').on('data', (text: string) => {
        received += text;
      });
      request.on('end', () => {
        const [status, body] = answer(request, received);
        response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Backend(server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}

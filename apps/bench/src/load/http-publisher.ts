import { connect } from 'node:net';
import { ResponseParser } from './response-parser.ts';

/** What is posted next, and how many publications it holds. */
export interface Post {
  readonly path: string;
  readonly headers: readonly string[];
  readonly body: string;
}

/** Posts one body after another over one connection that is kept. */
export class HttpPublisher {
  readonly #next: () => Post | undefined;
  readonly #answered: (status: number, body: string) => void;
  readonly #port: number;
  readonly done: Promise<void>;

  constructor(port: number, next: () => Post | undefined, answered: (status: number, body: string) => void) {
    this.#port = port;
    this.#next = next;
    this.#answered = answered;
    this.done = this.#run();
  }

  /** Runs until there is nothing more to post, and everything was answered. */
  #run(): Promise<void> {
    return new Promise((resolve, reject) => {
      const memory = Buffer.allocUnsafeSlow(65_536);
      const post = () => {
        const next = this.#next();
        if (next === undefined) {
          socket.destroy();
          resolve();
        } else socket.write(requestOf(next));
      };
      const parser = new ResponseParser((status, body) => {
        this.#answered(status, body);
        post();
      });
      const socket = connect({
        port: this.#port,
        host: '127.0.0.1',
        noDelay: true,
        onread: {
          buffer: memory,
          callback: (length) => {
            try {
              parser.push(memory, length);
            } catch (error) {
              socket.destroy();
              reject(error);
            }
            return true;
          },
        },
      });
      socket.once('connect', post);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('the server ended a connection that publishes')));
    });
  }
}

/** The bodies are ASCII, so that they have as many bytes as characters. */
function requestOf({ path, headers, body }: Post): string {
  const lines = [
    `POST ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    ...headers,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

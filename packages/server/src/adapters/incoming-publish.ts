import type { IncomingMessage } from 'node:http';
import { bodyEndedEarly } from '../http/json-body.ts';
import type { IncomingPublish } from '../http/publish-endpoint.ts';

/** A host as it has to be; whatever else may be one is left to who knows more about addresses. */
const PLAIN_HOST = /^[\w.-]+(:\d+)?$/;

/**
 * Whether a request to publish can be asked for as it is: nothing about it is a matter of interpretation, and its body
 * is one that will be read to its end. Whatever is more special goes the long way.
 */
export function isPlain(request: IncomingMessage, maxBytes: number): boolean {
  const { headers, rawHeaders } = request;
  const length = headers['content-length'];
  return (
    length !== undefined &&
    Number(length) <= maxBytes &&
    PLAIN_HOST.test(headers.host ?? '') &&
    // Of a header that is there twice, Node drops one or joins both, as it sees fit.
    Object.keys(headers).length * 2 === rawHeaders.length
  );
}

/** A plain request of Node's HTTP server, as an endpoint that publishes looks at it. */
export class IncomingPublishMessage implements IncomingPublish {
  readonly #message: IncomingMessage;

  constructor(message: IncomingMessage) {
    this.#message = message;
  }

  header(name: string): string | undefined {
    return this.#message.headers[name] as string | undefined;
  }

  /** Not more than its declared length, which is within the limit. */
  async body(): Promise<Uint8Array> {
    const message = this.#message;
    // Most often all of it came together with the headers.
    const isThere = message.readableLength === Number(message.headers['content-length']);
    if (!isThere) return bytesOf(message);
    return (message.read() as Uint8Array | null) ?? NOTHING;
  }
}

function bytesOf(message: IncomingMessage): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    if (message.destroyed) return reject(bodyEndedEarly());
    const chunks: Uint8Array[] = [];
    message.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    message.on('end', () => resolve(Buffer.concat(chunks)));
    message.on('close', () => {
      if (!message.readableEnded) reject(bodyEndedEarly());
    });
  });
}

const NOTHING = new Uint8Array();

import type { Logger } from '../logger.ts';
import { type Answer, toResponse } from './answer.ts';
import { errorAnswer } from './error-answer.ts';
import { readStream } from './read-stream.ts';
import type { Route } from './route.ts';

/** A request to publish, as far as an endpoint looks at it. */
export interface IncomingPublish {
  /** A header by its name in lower case; several of one name are joined by commas. */
  header(name: string): string | undefined;
  /**
   * The bytes of the body, once.
   *
   * @throws {RequestError} `body_too_big` as soon as there are more than the limit; `invalid_json` when it ends early.
   */
  body(maxBytes: number): Promise<Uint8Array>;
}

/** An endpoint that publishes, answered by `POST`. */
export interface PublishEndpoint {
  readonly path: string;
  /** Most bytes of a body. */
  readonly maxBytes: number;
  /** Never throws or rejects. */
  answer(request: IncomingPublish): Promise<Answer>;
}

/** Makes an endpoint of a function that throws what it refuses. */
export function publishEndpoint(
  { path, maxBytes, logger }: { path: string; maxBytes: number; logger: Logger },
  handle: (request: IncomingPublish) => Promise<Answer>,
): PublishEndpoint {
  return {
    path,
    maxBytes,
    async answer(request) {
      try {
        return await handle(request);
      } catch (error) {
        return errorAnswer(error, path, logger);
      }
    },
  };
}

/** The same endpoint for hosts that speak in `Request` and `Response`. */
export function routeOf({ path, answer }: PublishEndpoint): Route {
  return {
    method: 'POST',
    path,
    async handle({ req: { raw: request } }) {
      const { headers, body } = request;
      return toResponse(
        await answer({
          header: (name) => headers.get(name) ?? undefined,
          body: (maxBytes) => readStream(body, maxBytes),
        }),
      );
    },
  };
}

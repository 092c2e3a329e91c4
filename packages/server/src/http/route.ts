import type { Context } from 'hono';

/** One endpoint. Its errors are answered by the application, so handlers only throw. */
export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly handle: (context: Context) => Response | Promise<Response>;
}

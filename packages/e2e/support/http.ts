import { backendToken } from '@vitalwire/testing';
export interface PublishOptions {
  /** @default a token that may publish everywhere */
  token?: string;
  headers?: Record<string, string>;
}

/** Publishes by HTTP, as a backend in any language would. A text is sent as it is. */
export async function publish(
  url: string,
  type: 'feedback-update' | 'effectiveness-update' | 'recommendation-update' | (string & {}),
  body: object | string,
  { token, headers = {} }: PublishOptions = {},
): Promise<Response> {
  return fetch(`${url}/ws/broadcast-${type}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token ?? (await backendToken())}`,
      'content-type': 'application/json',
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

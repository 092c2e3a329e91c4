import { backendToken } from './tokens.ts';

/** Publishes by HTTP, as a backend in any language would. */
export async function publish(url: string, type: string, body: object, token?: string): Promise<Response> {
  return fetch(`${url}/ws/broadcast-${type}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token ?? (await backendToken())}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  });
}

export const feedback = { diagnosis_id: 123, feedback_id: 311, rating: 4, effectiveness: 0.8 };

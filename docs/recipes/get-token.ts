import { ClientError } from '@vitalwire/client';

/** Asks your backend for a token of whoever is logged in. What is thrown here is tried again after a while. */
export async function getToken({ signal }: { signal: AbortSignal }): Promise<string> {
  const response = await fetch('http://127.0.0.1:3000/token', { credentials: 'include', signal });
  // Nobody is logged in any more: the client stops, and connects again when `connect()` is called.
  if (response.status === 401) throw new ClientError('logged_out', 'the backend gives no more tokens');
  if (!response.ok) throw new Error(`no token: ${response.status}`);
  return response.text();
}

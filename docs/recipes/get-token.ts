/** Asks your backend for a token of whoever is logged in. What is thrown here is tried again after a while. */
export async function getToken({ signal }: { signal: AbortSignal }): Promise<string> {
  const response = await fetch('http://127.0.0.1:3000/token', { credentials: 'include', signal });
  if (!response.ok) throw new Error(`no token: ${response.status}`);
  return response.text();
}

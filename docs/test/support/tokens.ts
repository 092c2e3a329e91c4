import { signToken } from '@vitalwire/server';

/** The secret of every server in these tests. */
export const SECRET = 'a secret of the tests, which is long enough for HS256';

export function tokenOf(sub: string, diagnoses: readonly number[] = [123]): Promise<string> {
  return signToken({ secret: SECRET, sub, diagnoses });
}

/** A token of a backend, which may publish to every diagnosis. */
export function backendToken(): Promise<string> {
  return signToken({ secret: SECRET, sub: 'backend', scope: 'broadcast' });
}

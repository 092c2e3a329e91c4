import { decodeJwt } from 'jose';
import { VerifyProblem } from './problem.ts';

/** The deployment, and who talks to it. */
export interface Target {
  /** Address of the HTTP endpoints, with the base path and without a slash at its end. */
  readonly http: string;
  /** The same of the WebSocket endpoints. */
  readonly ws: string;
  /** Scheme, host and port, for messages. */
  readonly origin: string;
  readonly token: string;
  /** The token's user. */
  readonly user: string;
  readonly diagnosisId: number;
}

/** @throws {VerifyProblem} when address or token cannot be used. */
export function targetOf(url: string, token: string, diagnosisId: number): Target {
  const parsed = URL.parse(url);
  if (!parsed || !/^(https?|wss?):$/.test(parsed.protocol)) {
    throw new VerifyProblem(`--url ${url}: expected an address such as https://api.example.com/realtime`);
  }
  if (parsed.username || parsed.password) {
    throw new VerifyProblem('--url: expected an address without user and password');
  }
  // The address of a client ends in /ws; that is no part of the base path.
  const base = `${parsed.host}${parsed.pathname.replace(/\/+$/, '').replace(/\/ws$/, '')}`;
  const secure = parsed.protocol === 'https:' || parsed.protocol === 'wss:';
  return {
    http: `${secure ? 'https' : 'http'}://${base}`,
    ws: `${secure ? 'wss' : 'ws'}://${base}`,
    origin: `${secure ? 'https' : 'http'}://${parsed.host}`,
    token,
    user: userOf(token),
    diagnosisId,
  };
}

function userOf(token: string): string {
  const { sub } = claimsOf(token);
  if (sub) return sub;
  throw new VerifyProblem('the token has no claim "sub", which names its user');
}

/** @throws {VerifyProblem} when the token ends before the run does. */
export function checkLifetime(token: string, seconds: number, nowMs: number): void {
  const { exp = 0 } = claimsOf(token);
  const left = Math.floor(exp - nowMs / 1_000);
  if (left >= seconds) return;
  throw new VerifyProblem(
    left < 0
      ? 'the token has expired: get a fresh one'
      : `the token expires in ${left} s, and the run needs ${seconds} s: get one that lives longer`,
  );
}

function claimsOf(token: string) {
  try {
    return decodeJwt(token);
  } catch {
    throw new VerifyProblem('the token is no JSON Web Token');
  }
}

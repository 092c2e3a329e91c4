import type { Snapshot, SnapshotRequest } from '@vitalwire/client';
import type {
  AdjustmentForm,
  DiagnosisSnapshot,
  DiagnosisState,
  DiagnosisSummary,
  Feedback,
  FeedbackForm,
  Login,
  Person,
} from '../server/views.ts';

/** An answer of the clinic's backend that is no success. */
class RefusedError extends Error {
  override readonly name = 'RefusedError';
  /** The HTTP status. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What the clinic tells of a diagnosis, or why it does not. */
export interface Known {
  readonly diagnosis?: DiagnosisState;
  readonly refusal?: string;
}

/** The clinic's REST interface, as one person who is logged in. */
export type Api = ReturnType<typeof createApi>;

/** @param onExpired called when the backend does not know the session any more */
export function createApi(session: string, onExpired: () => void) {
  async function ask<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
    try {
      return await request<T>(method, path, body, session);
    } catch (error) {
      if (error instanceof RefusedError && error.status === 401) onExpired();
      throw error;
    }
  }
  return {
    /** A JWT that is valid now. */
    token: async () => (await ask<{ token: string }>('POST', '/api/token')).token,
    diagnoses: () => ask<DiagnosisSummary[]>('GET', '/api/diagnoses'),
    /** What a diagnosis begins with, and again after a gap. */
    loadSnapshot: async ({ diagnosisId }: SnapshotRequest): Promise<Snapshot<Known>> => {
      try {
        const { state, position } = await ask<DiagnosisSnapshot>('GET', `/api/diagnoses/${diagnosisId}`);
        return { state: { diagnosis: state }, position };
      } catch (error) {
        // What is thrown here is tried again; a refusal is an answer.
        if (!(error instanceof RefusedError) || error.status >= 500) throw error;
        return { state: { refusal: error.message }, position: 'earliest' };
      }
    },
    giveFeedback: (id: number, form: FeedbackForm) =>
      ask<Feedback>('POST', `/api/diagnoses/${id}/feedback`, form),
    adjust: (id: number, form: AdjustmentForm) =>
      ask<void>('POST', `/api/diagnoses/${id}/recommendation`, form),
    simulate: (id: number) => ask<void>('POST', `/api/diagnoses/${id}/simulate`),
    logOut: () => ask<void>('POST', '/api/logout'),
  };
}

export const listPeople = () => request<Person[]>('GET', '/api/people');
export const logIn = (person: string) => request<Login>('POST', '/api/login', { person });

/** A request over a connection that is dead without a word would otherwise wait for ever. */
const TIMEOUT_MS = 8_000;

async function request<T>(method: string, path: string, body?: unknown, session?: string): Promise<T> {
  const response = await fetch(path, {
    method,
    headers: {
      ...(session !== undefined && { authorization: `Bearer ${session}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((cause: unknown) => {
    throw new Error('the clinic cannot be reached', { cause });
  });
  const text = await response.text();
  const answer: unknown = text === '' ? undefined : JSON.parse(text);
  if (response.ok) return answer as T;
  throw new RefusedError(
    response.status,
    (answer as { message?: string } | undefined)?.message ?? response.statusText,
  );
}

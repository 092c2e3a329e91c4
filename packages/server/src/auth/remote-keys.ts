import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import type { Keys } from './keys.ts';

/** How old keys may become before they are fetched again, in milliseconds. Those at hand go on to count meanwhile. */
const REFRESH_MS = 10 * 60_000;
/** How long keys count that cannot be fetched again. */
const MAX_AGE_MS = 24 * 60 * 60_000;
/** After a fetch: how long a token with an unknown key causes no other one. */
const COOLDOWN_MS = 30_000;
/** After a failed fetch: how long no other one is tried. */
const RETRY_MS = 1_000;
const TIMEOUT_MS = 5_000;
const MAX_BYTES = 1_048_576;

/** The keys of one fetch. */
interface KeySet {
  readonly version: number;
  readonly fetchedAt: number;
  readonly find: JWTVerifyGetKey;
}

/** The public keys behind an address. Nothing is fetched before a token needs it. */
export function createRemoteKeys(url: URL, algorithms: readonly string[], now: () => number): Keys {
  let newest: KeySet | undefined;
  let fetching: Promise<KeySet> | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;

  return {
    algorithms,
    version() {
      const keySet = usable();
      const due = keySet && now() - keySet.fetchedAt >= REFRESH_MS && now() - failedAt >= COOLDOWN_MS;
      // Without keys at hand there is nothing to refresh: the token itself will wait for them.
      if (due) fetchKeys().catch(() => undefined);
      return keySet?.version;
    },
    async resolve(header, token) {
      try {
        const keySet = usable() ?? (await fetchKeys());
        return await keyOf(keySet, header, token).catch(async (error: unknown) => {
          const unknown = error instanceof errors.JWKSNoMatchingKey;
          if (!unknown || now() - keySet.fetchedAt < COOLDOWN_MS) throw error;
          return keyOf(await fetchKeys(), header, token);
        });
      } catch (error) {
        // Of jose's errors, these alone are about a token; the others are about the set.
        const tokenIsWrong =
          error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys;
        throw tokenIsWrong ? error : new KeysUnavailable('no usable key set', { cause: error });
      }
    },
  };

  function usable(): KeySet | undefined {
    return newest && now() - newest.fetchedAt < MAX_AGE_MS ? newest : undefined;
  }

  /** Fetches the keys; one fetch serves all that ask meanwhile. */
  function fetchKeys(): Promise<KeySet> {
    fetching ??= fetchOnce().finally(() => {
      fetching = undefined;
    });
    return fetching;
  }

  async function fetchOnce(): Promise<KeySet> {
    if (now() - failedAt < RETRY_MS) throw new KeysUnavailable('the last fetch failed a moment ago');
    try {
      const find = createLocalJWKSet(JSON.parse(await fetchText(url)));
      newest = { version: (newest?.version ?? 0) + 1, fetchedAt: now(), find };
      return newest;
    } catch (error) {
      failedAt = now();
      throw error;
    }
  }
}

async function keyOf({ find, version }: KeySet, ...token: Parameters<JWTVerifyGetKey>) {
  return { key: await find(...token), version };
}

async function fetchText(url: URL): Promise<string> {
  const response = await fetch(url, {
    headers: { accept: 'application/json, application/jwk-set+json' },
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new KeysUnavailable(`the answer was ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new KeysUnavailable(`the answer is larger than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** No key can be found, through no fault of the token. */
class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

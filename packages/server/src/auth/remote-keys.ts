import { createLocalJWKSet, createRemoteJWKSet, customFetch, errors, type FetchImplementation } from 'jose';
import type { Keys } from './keys.ts';

/** How old keys may become before they are fetched again, in milliseconds. Those at hand go on to count meanwhile. */
const REFRESH_MS = 10 * 60_000;
/** How long keys count that cannot be fetched again. */
const CACHE_MAX_AGE_MS = 24 * 60 * 60_000;
/** After a fetch: how long a token with an unknown key causes no other one. */
const COOLDOWN_MS = 30_000;
/** After a failed fetch: how long no other one is tried. */
const RETRY_MS = 1_000;
const TIMEOUT_MS = 5_000;
const MAX_BYTES = 1_048_576;

/** The public keys behind an address. Nothing is fetched before a token needs it. */
export function createRemoteKeys(url: URL, algorithms: readonly string[], now: () => number): Keys {
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let failedAt = Number.NEGATIVE_INFINITY;
  let version = 0;

  const fetchKeys: FetchImplementation = async (address, init) => {
    if (now() - failedAt < RETRY_MS) throw new KeysUnavailable('the last fetch failed a moment ago');
    try {
      const keys = JSON.parse(await fetchText(address, init));
      createLocalJWKSet(keys); // refuses what is no key set
      fetchedAt = now();
      version++;
      return Response.json(keys);
    } catch (error) {
      failedAt = now();
      throw error;
    }
  };
  const keySet = createRemoteJWKSet(url, {
    timeoutDuration: TIMEOUT_MS,
    cooldownDuration: COOLDOWN_MS,
    cacheMaxAge: CACHE_MAX_AGE_MS,
    [customFetch]: fetchKeys,
  });

  return {
    algorithms,
    version() {
      refresh();
      return version;
    },
    async resolve(header, token) {
      try {
        return await keySet(header, token);
      } catch (error) {
        // Of jose's errors, these alone are about a token; the others are about the set.
        const tokenIsWrong =
          error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys;
        throw tokenIsWrong ? error : new KeysUnavailable('no usable key set', { cause: error });
      }
    },
  };

  function refresh(): void {
    const due = now() - fetchedAt >= REFRESH_MS && now() - failedAt >= COOLDOWN_MS;
    // Without keys at hand there is nothing to refresh: the token itself will wait for them.
    if (due && keySet.fresh && !keySet.reloading) keySet.reload().catch(() => undefined);
  }
}

async function fetchText(address: string, init: RequestInit): Promise<string> {
  const response = await fetch(address, init);
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

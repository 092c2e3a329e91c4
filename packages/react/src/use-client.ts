import { useCallback, useSyncExternalStore } from 'react';
import { useProvided } from './context.ts';
import type { RegisteredClient } from './register.ts';

/**
 * The client, to connect, disconnect or inspect it. A client of the provider's own is `undefined` in the first render, and
 * on a server.
 *
 * @throws {ClientError} `no_provider`.
 */
export function useClient(): RegisteredClient | undefined {
  const provided = useProvided('useClient');
  const subscribe = useCallback((listener: () => void) => provided.onChange(listener), [provided]);
  const client = useSyncExternalStore(
    subscribe,
    () => provided.current,
    () => provided.given,
  );
  return client as unknown as RegisteredClient | undefined;
}

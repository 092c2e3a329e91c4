import type { ConnectionState } from '@vitalwire/client';
import { useMemo, useSyncExternalStore } from 'react';
import { useProvided } from './context.ts';
import type { ProvidedClient } from './provided-client.ts';

const DISCONNECTED: ConnectionState = { name: 'disconnected' };

/**
 * The state of the connection, or what `select` makes of it: then the component renders again only when that is another
 * value. `disconnected` before the first effect and on a server.
 *
 * @throws {ClientError} `no_provider`.
 * @example
 * const online = useConnectionState(({ name }) => name === 'connected');
 */
export function useConnectionState<Selected = ConnectionState>(
  select?: (state: ConnectionState) => Selected,
): Selected {
  const provided = useProvided('useConnectionState');
  const { subscribe, read } = useMemo(() => sourceOf(provided), [provided]);
  const selected = useMemo(() => remembering(select ?? ((state) => state as Selected)), [select]);
  return useSyncExternalStore(
    subscribe,
    () => selected(read()),
    () => selected(DISCONNECTED),
  );
}

function sourceOf(provided: ProvidedClient) {
  return {
    subscribe: (listener: () => void) => provided.acquire().on('state', listener),
    read: () => provided.current?.state ?? DISCONNECTED,
  };
}

/** The function, which gives the same value for the same state also where it makes objects. */
function remembering<Selected>(
  select: (state: ConnectionState) => Selected,
): (state: ConnectionState) => Selected {
  let last: { state: ConnectionState; selected: Selected } | undefined;
  return (state) => {
    if (last?.state !== state) last = { state, selected: select(state) };
    return last.selected;
  };
}

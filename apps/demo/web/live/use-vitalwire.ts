import type { Client } from '@vitalwire/client';
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import type { Api } from '../api.ts';
import { LiveFeed, type LiveView, NOTHING_LIVE } from './live-feed.ts';

/** Follows diagnoses for as long as the component is there. The client is absent during the first render. */
export function useVitalwire(
  api: Api,
  diagnosisIds: readonly number[],
): LiveView & { client: Client | undefined } {
  const [feed, setFeed] = useState<LiveFeed>();
  const ids = diagnosisIds.join();

  useEffect(() => {
    if (ids === '') return;
    const created = new LiveFeed(api, ids.split(',').map(Number));
    setFeed(created);
    return () => created.close();
  }, [api, ids]);

  const onChange = useCallback((listener: () => void) => feed?.onChange(listener) ?? (() => {}), [feed]);
  const view = useSyncExternalStore(onChange, () => feed?.view ?? NOTHING_LIVE);
  return { ...view, client: feed?.client };
}

import { useSyncExternalStore } from 'react';

/** What the part of the address after `#` asks for. */
export type Route =
  | { readonly page: 'patient'; readonly diagnosisId: number }
  | { readonly page: 'clinic' }
  | undefined;

function parseRoute(hash: string): Route {
  const patient = /^#\/patient\/([1-9]\d{0,14})$/.exec(hash);
  if (patient) return { page: 'patient', diagnosisId: Number(patient[1]) };
  return hash === '#/clinic' ? { page: 'clinic' } : undefined;
}

export function useRoute(): Route {
  return parseRoute(useSyncExternalStore(onHashChange, () => location.hash));
}

function onHashChange(listener: () => void): () => void {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
}

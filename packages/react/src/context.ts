import { ClientError } from '@vitalwire/client';
import { createContext, useContext } from 'react';
import type { ProvidedClient } from './provided-client.ts';

export const ProvidedClientContext = createContext<ProvidedClient | undefined>(undefined);

/** @throws {ClientError} `no_provider`. */
export function useProvided(hook: string): ProvidedClient {
  const provided = useContext(ProvidedClientContext);
  if (!provided) throw new ClientError('no_provider', `${hook} needs a VitalwireProvider above it`);
  return provided;
}

import { createContext, useContext } from 'react';
import type { Api } from '../api.ts';

export const ApiContext = createContext<Api | undefined>(undefined);

/** The clinic's REST interface, as the person who is logged in. */
export function useApi(): Api {
  const api = useContext(ApiContext);
  if (!api) throw new Error('nobody is logged in here');
  return api;
}

import { type ClientOptions, createClient, type GapHandling } from '@vitalwire/client';
import { type ReactNode, useEffect, useInsertionEffect, useMemo, useRef } from 'react';
import { ProvidedClientContext } from './context.ts';
import { ProvidedClient } from './provided-client.ts';
import type { AnyClient, RegisteredCatalogue, RegisteredClient, RegisteredHandlesGaps } from './register.ts';

type Options = ClientOptions<RegisteredCatalogue> &
  (RegisteredHandlesGaps extends true ? { onGap: GapHandling } : unknown);

/** A client, or the options of one. */
export type VitalwireProviderProps = { readonly children?: ReactNode } & (
  | {
      /** A client of your own, which you also close. Another one takes over at once: hooks subscribe anew. */
      readonly client: RegisteredClient;
      readonly url?: never;
    }
  | ({ readonly client?: never } & Readonly<Options>)
);

/**
 * Gives the components below it a client: yours, by `client`, or one of its own, by the options of `createClient` as
 * props. Its own is created in the browser, connects when the provider is mounted, and is closed when it is unmounted; there
 * is none on a server. Another `url` makes another client. Of the other options the functions count as they are now, the
 * rest as it was at first; give the provider another `key` to begin anew.
 *
 * @throws {ClientError} `invalid_option`, in an effect, naming an option that is missing, wrong or unknown.
 * @example
 * <VitalwireProvider url="/ws" getToken={fetchToken}>
 *   <Diagnosis id={123} />
 * </VitalwireProvider>
 */
export function VitalwireProvider(props: VitalwireProviderProps): ReactNode {
  const { children, client, ...options } = props as { children?: ReactNode; client?: AnyClient } & Options;
  const latest = useRef(options);
  const url = client ? undefined : String(options.url);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the other options are read when the client is created
  const provided = useMemo(() => new ProvidedClient(client ?? (() => createLatest(latest))), [client, url]);
  useInsertionEffect(() => {
    latest.current = options;
  });
  useEffect(() => provided.hold(), [provided]);
  return <ProvidedClientContext.Provider value={provided}>{children}</ProvidedClientContext.Provider>;
}

/** A client whose functions are always those of the last render. */
function createLatest(latest: { readonly current: Options }): AnyClient {
  const { current } = latest;
  const { onGap, onError } = current;
  const options: ClientOptions<RegisteredCatalogue> = {
    ...current,
    ...(current.getToken && { getToken: (request) => latest.current.getToken(request) }),
    ...(typeof onGap === 'function' && { onGap: (...gap) => callIfFunction(latest.current.onGap, ...gap) }),
    ...(onError && { onError: (error) => callIfFunction(latest.current.onError, error) }),
  };
  return createClient(options) as unknown as AnyClient;
}

function callIfFunction<Values extends unknown[]>(
  value: ((...values: Values) => unknown) | string | undefined,
  ...values: Values
): unknown {
  return typeof value === 'function' ? value(...values) : undefined;
}

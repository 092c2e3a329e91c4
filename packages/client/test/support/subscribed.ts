import { type ClientOptions, createClient, type SubscribeOptions } from '../../src/index.ts';
import { fakeTransport } from './fake-transport.ts';
import { connectMessage } from './messages.ts';
import { tokenOf } from './tokens.ts';

/** A client over a transport in memory, which answers pings, and what it reported. */
export function clientOverMemory(options: Partial<ClientOptions> = {}) {
  const transport = fakeTransport();
  transport.answersPings = true;
  const errors: unknown[] = [];
  const client = createClient({
    url: 'ws://localhost/ws',
    getToken: () => tokenOf({ sub: 'ann' }),
    onError: (error) => errors.push(error),
    transport: transport.open,
    onGap: 'ignore',
    ...options,
  });
  return { client, transport, errors };
}

/** Lets all microtasks run. */
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A subscription to diagnosis 1 on an open socket; the server has not answered yet. */
export async function asked(options: Partial<ClientOptions> & SubscribeOptions = {}) {
  const { after, ...clientOptions } = options;
  const made = clientOverMemory(clientOptions);
  const subscription = made.client.subscribe(1, after === undefined ? {} : { after });
  await turn();
  made.transport.last().listener.opened();
  return {
    ...made,
    subscription,
    /** What the client said about topics, apart from pings. */
    said: () =>
      made.transport.last().said.filter(({ type }) => type === 'subscribe' || type === 'unsubscribe'),
    push: (...messages: object[]) => made.transport.last().push(...messages),
    /** Cuts the socket and opens the next one. */
    async cut() {
      made.transport.last().listener.lost(1006, '');
      made.client.connect();
      await turn();
      made.transport.last().listener.opened();
    },
  };
}

/** The same, live from the beginning of an empty log. */
export async function live(options: Partial<ClientOptions> & SubscribeOptions = {}) {
  const made = await asked(options);
  made.push(connectMessage(1, { status: 'fresh' }));
  await turn();
  return made;
}

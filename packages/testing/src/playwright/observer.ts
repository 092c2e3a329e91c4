import type { ClientEvent } from './page-events.ts';

/** What an observer needs of a client, whatever its version. */
interface ObservedClient {
  on(type: 'state', handler: (state: never) => void): unknown;
  subscribe(diagnosisId: number, ...options: unknown[]): ObservedSubscription;
}

interface ObservedSubscription {
  readonly state: unknown;
  on(type: string, handler: Handler): unknown;
}

type Handler = (...values: never[]) => unknown;

/** What the observer is told. */
export interface ObserverOptions {
  /** The function of the page that takes reports. */
  readonly binding: string;
  /** Connections to addresses that begin with `from` go to `to` instead. */
  readonly redirect?: { readonly from: string; readonly to: string } | undefined;
}

/**
 * Runs in a page before the page's own code, so it uses nothing from outside of itself. It reports what the clients of the
 * page do: their states, and each publication when a handler is done with it.
 *
 * It adds no handler of its own: publications wait for a page's handlers, and an own one would take them away.
 */
export function observeClients({ binding, redirect }: ObserverOptions): void {
  const scope = globalThis as unknown as Record<PropertyKey, unknown>;
  const tell = scope[binding] as (event: ClientEvent) => unknown;
  const page = `${performance.timeOrigin} ${Math.random()}`;
  let numbers = 0;

  /** Nobody waits for a report: one that the end of the page cuts off is none. */
  function report(event: ClientEvent): void {
    void Promise.resolve(tell(event)).catch(() => {});
  }

  scope[Symbol.for('vitalwire.observer')] = (client: ObservedClient) => {
    const { subscribe } = client;
    const watched = new WeakSet<object>();
    client.on('state', (state) => report({ kind: 'connection', page, state }));
    client.subscribe = (diagnosisId, options, ...more) => {
      const states = { taken: 0 };
      const subscription = subscribe.call(client, diagnosisId, counting(options, states), ...more);
      if (!watched.has(subscription)) {
        watched.add(subscription);
        watch(diagnosisId, subscription, states);
      }
      return subscription;
    };
  };

  /** The options of a subscription, which count the states that it is given to begin with. */
  function counting(options: unknown, states: { taken: number }): unknown {
    const { onSnapshot } = (options ?? {}) as { onSnapshot?: unknown };
    if (typeof onSnapshot !== 'function') return options;
    const counted = (...values: never[]) => {
      states.taken++;
      return onSnapshot(...values);
    };
    return { ...(options as object), onSnapshot: counted };
  }

  function watch(diagnosisId: number, subscription: ObservedSubscription, states: { taken: number }): void {
    const id = `${page} ${++numbers}`;
    const { on } = subscription;
    const changed = (state: never) => report({ kind: 'state', page, subscription: id, diagnosisId, state });
    changed(subscription.state as never);
    on.call(subscription, 'state', changed);
    subscription.on = (type, handler) => {
      // The subscription's own loops listen for its end.
      const takesPublications = type !== 'state' && type !== 'end' && typeof handler === 'function';
      return on.call(subscription, type, takesPublications ? observed(type, handler, states) : handler);
    };
  }

  /** The handler, and a report when it is done. */
  function observed(type: string, handler: Handler, states: { taken: number }): Handler {
    const id = `${page} ${++numbers}`;
    report({ kind: 'handler', page, handler: id });
    return (...values) => {
      // A handler of one type is given the data first.
      const publication = values[type === 'publication' ? 0 : 1] as never;
      const onState = states.taken > 0;
      const name = onState ? `${id} ${states.taken}` : id;
      const done = (failed: boolean) =>
        report({ kind: 'handled', page, handler: name, failed, onState, publication });
      try {
        const result = handler(...values);
        if (typeof (result as { then?: unknown } | undefined)?.then !== 'function') {
          done(false);
          return result;
        }
        return Promise.resolve(result).then(
          (value) => {
            done(false);
            return value;
          },
          (error: unknown) => {
            done(true);
            throw error;
          },
        );
      } catch (error) {
        done(true);
        throw error;
      }
    };
  }

  const shown = () => report({ kind: 'shown', page, inFrame: scope['top'] !== globalThis });
  const listen = scope['addEventListener'] as (type: string, listener: (event: object) => void) => void;
  shown();
  // Restored from the back/forward cache: nothing is loaded again.
  listen('pageshow', (event) => {
    if ('persisted' in event && event.persisted === true) shown();
  });

  if (redirect) {
    const { from, to } = redirect;
    const WebSocketOfPage = scope['WebSocket'] as new (url: string | URL, ...rest: unknown[]) => object;
    scope['WebSocket'] = class extends WebSocketOfPage {
      constructor(url: string | URL, ...rest: unknown[]) {
        const { href } = new URL(url, (scope['location'] as { href: string }).href);
        super(href.startsWith(from) ? to + href.slice(from.length) : url, ...rest);
      }
    };
  }
}

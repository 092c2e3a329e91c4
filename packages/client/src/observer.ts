/**
 * Where developer tools and tests put a function before the page's own code runs:
 * `globalThis[Symbol.for('vitalwire.observer')] = (client) => { … }`. It is called with each new client, once, before
 * anybody else has it. Pages need nothing for it, and without such a function nothing happens.
 */
const OBSERVER = 'vitalwire.observer';

/** Shows a new client to the observer, if there is one. */
export function showToObserver(client: object): void {
  const observer: unknown = Reflect.get(globalThis, Symbol.for(OBSERVER));
  if (typeof observer === 'function') observer(client);
}

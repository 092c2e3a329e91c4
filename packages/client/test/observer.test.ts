import { afterEach, describe, expect, it } from 'vitest';
import { createClient } from '../src/index.ts';

const OBSERVER = Symbol.for('vitalwire.observer');
const scope = globalThis as { [OBSERVER]?: unknown };
const options = { url: 'ws://localhost/ws', getToken: () => 'token' };

afterEach(() => {
  delete scope[OBSERVER];
});

describe('an observer of clients', () => {
  it('is given each client before the page has it', () => {
    const seen: unknown[] = [];
    scope[OBSERVER] = (client: unknown) => seen.push(client);
    const clients = [createClient(options), createClient(options)];
    expect(seen).toEqual(clients);
    expect(seen[0]).toBe(clients[0]);
  });

  it.each([undefined, null, 'text', {}])('is nobody when it is %j', (value) => {
    scope[OBSERVER] = value;
    expect(createClient(options).state).toEqual({ name: 'disconnected' });
  });
});

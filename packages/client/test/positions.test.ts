import { afterEach, describe, expect, it, vi } from 'vitest';
import { defaultPositions, positionKey } from '../src/positions.ts';

/** A `sessionStorage` for Node. */
function storage(fields: Partial<Storage> = {}) {
  const items = new Map<string, string>();
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    ...fields,
  };
}

afterEach(() => vi.unstubAllGlobals());

describe('the default position store', () => {
  it('hands positions over to the next page of the tab', () => {
    vi.stubGlobal('sessionStorage', storage());
    defaultPositions().save('k', 'e:1');
    expect(defaultPositions().load('k')).toBe('e:1');
  });

  it('works from memory where there is no storage', () => {
    vi.stubGlobal('sessionStorage', undefined);
    const positions = defaultPositions();
    positions.save('k', 'e:1');
    expect(positions.load('k')).toBe('e:1');
    expect(defaultPositions().load('k')).toBeUndefined();
  });

  it('works from memory when storage is full', () => {
    const full = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
    vi.stubGlobal('sessionStorage', storage({ setItem: full }));
    const positions = defaultPositions();
    positions.save('k', 'e:1');
    expect(positions.load('k')).toBe('e:1');
  });

  it('works from memory when even touching storage is denied', () => {
    Object.defineProperty(globalThis, 'sessionStorage', {
      configurable: true,
      get() {
        throw new DOMException('denied', 'SecurityError');
      },
    });
    try {
      const positions = defaultPositions();
      positions.save('k', 'e:1');
      expect(positions.load('k')).toBe('e:1');
      expect(positions.load('other')).toBeUndefined();
    } finally {
      Reflect.deleteProperty(globalThis, 'sessionStorage');
    }
  });
});

describe('positionKey', () => {
  it('is another one for another server, user or diagnosis', () => {
    const keys = [
      positionKey('ws://a/ws', 'ann', 1),
      positionKey('ws://b/ws', 'ann', 1),
      positionKey('ws://a/ws', 'bob', 1),
      positionKey('ws://a/ws', 'ann', 2),
      positionKey('ws://a/ws', 'ann:ws', 1),
      positionKey('ws:ws://a/ws', 'ann', 1),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});

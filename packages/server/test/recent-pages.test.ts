import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecentPages } from '../src/recent-pages.ts';
import type { FramedPage } from '../src/shared-reads.ts';

const pageAt = (top: number): FramedPage => ({ epoch: 'e', top, earliest: 1, parts: [] });

describe('RecentPages', () => {
  it('keeps what is used, and drops what is not, each time they age', () => {
    const pages = new RecentPages(100);
    pages.set('used', pageAt(1), 10);
    pages.set('unused', pageAt(2), 10);
    pages.age();
    expect(pages.get('used')).toEqual(pageAt(1));
    pages.age();
    expect(pages.get('used')).toEqual(pageAt(1));
    expect(pages.get('unused')).toBeUndefined();
  });

  it('makes room by what has aged, and never holds more than allowed', () => {
    const pages = new RecentPages(100);
    pages.set('old', pageAt(1), 60);
    pages.age();
    pages.set('new', pageAt(2), 60);
    expect(pages.get('old')).toBeUndefined();
    pages.set('too much', pageAt(3), 41);
    expect(pages.get('too much')).toBeUndefined();
    expect(pages.get('new')).toEqual(pageAt(2));
  });

  it('counts what it holds, whatever happens to it', () => {
    const key = fc.constantFrom('a', 'b', 'c');
    const step = fc.oneof(
      fc.record({ do: fc.constant('set' as const), key, size: fc.integer({ min: 1, max: 60 }) }),
      fc.record({ do: fc.constantFrom('get' as const, 'delete' as const), key }),
      fc.record({ do: fc.constant('age' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const pages = new RecentPages(100);
        for (const now of steps) {
          if (now.do === 'set') pages.set(now.key, pageAt(now.size), now.size);
          else if (now.do === 'age') pages.age();
          else pages[now.do](now.key);
        }
        const held = ['a', 'b', 'c'].reduce((sum, name) => sum + (pages.get(name)?.top ?? 0), 0);
        expect(held).toBeLessThanOrEqual(100);
        // All of what is not held can be taken.
        pages.set('rest', pageAt(1), 100 - held);
        expect(pages.get('rest')).toEqual(pageAt(1));
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { readClaims } from '../src/token.ts';
import { tokenOf } from './support/tokens.ts';

describe('readClaims', () => {
  it('reads sub and exp', () => {
    expect(readClaims(tokenOf({ sub: 'ann', exp: 1_700_000_000 }))).toEqual({
      sub: 'ann',
      exp: 1_700_000_000,
    });
  });

  it('reads base64url, in which + and / are spelled otherwise', () => {
    const sub = '???>>>~~~\u00ff';
    expect(tokenOf({ sub })).toMatch(/[-_]/);
    expect(readClaims(tokenOf({ sub: 'a???b>>>c' })).sub).toBe('a???b>>>c');
  });

  it('tells users beyond ASCII apart', () => {
    expect(readClaims(tokenOf({ sub: 'Zoë' })).sub).not.toBe(readClaims(tokenOf({ sub: 'Zoé' })).sub);
  });

  it('leaves out what is of another kind', () => {
    expect(readClaims(tokenOf({ sub: 7, exp: 'soon' }))).toEqual({});
  });

  it.each(['', 'opaque', 'a.b.c', 'a..c', `a.${btoa('null')}.c`, `a.${btoa('[')}.c`])(
    'finds nothing in %j',
    (token) => {
      expect(readClaims(token)).toEqual({});
    },
  );
});

import { describe, expect, it } from 'vitest';
import { parseOpenFiles } from '../src/open-files.ts';
import { chooseCores, parseCoreList } from '../src/processes/cores.ts';

describe('parseCoreList', () => {
  it.each([
    ['0-1', [0, 1]],
    ['3', [3]],
    ['0-2,8,10-11\n', [0, 1, 2, 8, 10, 11]],
    ['', []],
  ])('reads %j', (text, cores) => {
    expect(parseCoreList(text)).toEqual(cores);
  });
});

describe('chooseCores', () => {
  it('takes two that are far apart', () => {
    expect(chooseCores([0, 1])).toEqual({ server: 0, load: 1 });
    expect(chooseCores([4, 5, 6, 7])).toEqual({ server: 4, load: 7 });
  });

  it('pins nothing when there is only one', () => {
    expect(chooseCores([3])).toEqual({ server: undefined, load: undefined });
    expect(chooseCores([])).toEqual({ server: undefined, load: undefined });
  });
});

describe('parseOpenFiles', () => {
  const limits = (soft: string) =>
    `Limit                     Soft Limit           Hard Limit           Units\nMax open files            ${soft}                20000                files\n`;

  it('reads the limit that counts', () => {
    expect(parseOpenFiles(limits('1024'))).toBe(1_024);
    expect(parseOpenFiles(limits('unlimited'))).toBe(Infinity);
    expect(parseOpenFiles('')).toBe(Infinity);
  });
});

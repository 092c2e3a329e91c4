import { describe, expect, it } from 'vitest';
import { OptionError } from '../../src/errors.ts';
import { parseAddress } from '../../src/log/redis/address.ts';
import { redisLog } from '../../src/log/redis.ts';

describe('the address of Redis', () => {
  it.each([
    [
      'redis://localhost',
      { kind: 'single', hosts: [{ host: 'localhost', port: 6379 }], tls: false, database: 0 },
    ],
    [
      'rediss://u:p%40ss@h:1/3',
      { tls: true, username: 'u', password: 'p@ss', database: 3, shown: 'rediss://h:1/3' },
    ],
    [
      'redis://:secret@[::1]:7',
      { hosts: [{ host: '::1', port: 7 }], username: undefined, password: 'secret' },
    ],
    [
      'redis+sentinel://a,b:1/my-master',
      {
        kind: 'sentinel',
        master: 'my-master',
        hosts: [
          { host: 'a', port: 26379 },
          { host: 'b', port: 1 },
        ],
      },
    ],
    [
      'redis+sentinel://u:p@a/m?sentinel_username=w&sentinel_password=s%26=cret',
      {
        ...{ username: 'u', password: 'p', sentinel: { username: 'w', password: 's&=cret' } },
        shown: 'redis+sentinel://a/m',
      },
    ],
    ['rediss+cluster://a:1,b:2', { kind: 'cluster', tls: true, hosts: [{ port: 1 }, { port: 2 }] }],
  ])('%s', (url, address) => {
    expect(parseAddress(url)).toMatchObject(address);
  });

  it.each([
    'localhost:6379',
    'http://localhost',
    'redis://',
    'redis://a,b',
    'redis://a:0',
    'redis://a:99999',
    'redis://a/name',
    'redis+sentinel://a:1',
    'redis+sentinel://a:1/m?sentinel_secret=x',
    'redis+sentinel://a:1/m?',
    'redis://a?sentinel_password=x',
    'redis+cluster://a:1/0',
    'redis://user:%zz@a',
  ])('%s is refused', (url) => {
    expect(() => parseAddress(url)).toThrow(OptionError);
  });

  it('is never repeated with its password', () => {
    for (const url of [
      'redis://user:secret@a:1:2',
      'redis://user:secret@a,b',
      'redis://user:secret@a:1/x',
      'redis://a?x=secret',
    ]) {
      expect(() => parseAddress(url)).toThrow(expect.not.objectContaining({ message: /secret/ }));
      expect(() => parseAddress(url)).not.toThrow(/secret/);
    }
    expect(parseAddress('redis://user:secret@a:1').shown).toBe('redis://a:1');
  });
});

describe('redisLog', () => {
  it.each([
    ['url', {}],
    ['url', { url: 'nonsense' }],
    ['prefix', { url: 'redis://a', prefix: 'a{b}' }],
    ['prefix', { url: 'redis://a', prefix: '' }],
    ['commandTimeoutMs', { url: 'redis://a', commandTimeoutMs: 0 }],
    ['now', { url: 'redis://a', now: 5 }],
    ['host', { url: 'redis://a', host: 'b' }],
    ['retention.ageMs', { url: 'redis://a', retention: { ageMs: 0 } }],
  ])('names the option %s that cannot be used', (option, options) => {
    const open = () => redisLog(options as unknown as Parameters<typeof redisLog>[0]);
    expect(open).toThrow(expect.objectContaining({ option }));
  });
});

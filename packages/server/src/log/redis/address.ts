import { OptionError } from '../../errors.ts';

/** One server of Redis. */
export interface Host {
  readonly host: string;
  readonly port: number;
}

/** A user and a password. */
interface Credentials {
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** Where Redis is, and how to be let in. */
export interface Address extends Credentials {
  /** `sentinel`: the hosts are Sentinels, which know where the master is. */
  readonly kind: 'single' | 'sentinel' | 'cluster';
  readonly hosts: readonly Host[];
  /** What the Sentinels call the master. */
  readonly master: string;
  readonly database: number;
  readonly tls: boolean;
  /** What the Sentinels ask for. */
  readonly sentinel: Credentials;
  /** The same for people, without what is secret. */
  readonly shown: string;
}

const SHAPE =
  /^(?<scheme>rediss?)(?:\+(?<kind>sentinel|cluster))?:\/\/(?:(?<username>[^:@/]*)(?::(?<password>[^@/]*))?@)?(?<hosts>[^@/?#]+)(?:\/(?<path>[\w.-]*))?(?:\?(?<query>[^?#]*))?$/;

const SENTINEL_PARAMETERS = ['sentinel_username', 'sentinel_password'];

const DEFAULT_PORTS = { single: 6379, cluster: 6379, sentinel: 26379 };

const EXPECTED =
  'must look like redis://host:6379, redis+sentinel://host:26379,host:26379/master or redis+cluster://host:6379,host:6379 (rediss for TLS)';

/**
 * Reads the address of Redis.
 *
 * @throws {OptionError} naming `url`; the text of the URL, which may hold a password, is not repeated.
 */
export function parseAddress(url: string): Address {
  const parts = SHAPE.exec(url)?.groups;
  if (parts === undefined) throw new OptionError('url', EXPECTED);
  const { scheme = '', hosts: list = '', username, password, path = '', query } = parts;
  const kind = (parts['kind'] ?? 'single') as Address['kind'];
  const hosts = list.split(',').map((text) => parseHost(text, DEFAULT_PORTS[kind]));
  if (kind === 'single' && hosts.length > 1) throw new OptionError('url', `${EXPECTED}: one host only`);
  if (kind === 'sentinel' && path === '')
    throw new OptionError('url', 'must end with the name of the master');
  if (kind === 'cluster' && path !== '')
    throw new OptionError('url', 'must have no database: a cluster has one');
  if (kind === 'single' && !/^\d*$/.test(path))
    throw new OptionError('url', 'must end with the number of a database');
  return {
    kind,
    hosts,
    master: kind === 'sentinel' ? path : '',
    database: kind === 'single' ? Number(path) : 0,
    tls: scheme === 'rediss',
    username: username ? decode(username) : undefined,
    password: password ? decode(password) : undefined,
    sentinel: parseSentinel(kind, query),
    shown: `${url.slice(0, url.indexOf('//') + 2)}${list}${path === '' ? '' : `/${path}`}`,
  };
}

function parseHost(text: string, defaultPort: number): Host {
  const [, bracketed, plain, port] = /^(?:\[([\da-f:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const host = bracketed ?? plain;
  const number = port === undefined ? defaultPort : Number(port);
  if (host === undefined || number < 1 || number > 65_535) throw new OptionError('url', EXPECTED);
  return { host, port: number };
}

function parseSentinel(kind: Address['kind'], query: string | undefined): Credentials {
  const known = kind === 'sentinel' ? SENTINEL_PARAMETERS : [];
  const parameters = new Map<string, string>();
  for (const part of query?.split('&') ?? []) {
    const [name = '', value = ''] = part.split(/=(.*)/s);
    if (!known.includes(name)) {
      throw new OptionError(
        'url',
        `has parameters other than ${SENTINEL_PARAMETERS.join(', ')} of redis+sentinel`,
      );
    }
    parameters.set(name, decode(value));
  }
  return { username: parameters.get('sentinel_username'), password: parameters.get('sentinel_password') };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new OptionError('url', 'has a user or password that is not percent-encoded');
  }
}

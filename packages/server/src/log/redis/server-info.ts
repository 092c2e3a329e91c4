import { OptionError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { type Link, RedisRefusal } from './link.ts';

/** What a Redis server says about itself. */
export interface ServerInfo {
  /** Of the process; another one after each restart. */
  readonly runId: string;
  readonly version: string;
  readonly isMaster: boolean;
  /** Has, or had, another server that could take its place. */
  readonly replicated: boolean;
  /** The policy by which it may remove what is in use; `undefined` when it removes nothing. */
  readonly evicts: string | undefined;
  /** When it writes to the disk what it acknowledges; `undefined` when it does not tell. */
  readonly persistence: 'always' | 'everysec' | 'no' | 'off' | undefined;
}

const OLDEST_MAJOR = 7;

/** Asks the server that keeps a key. */
export async function readServerInfo(link: Link, key: string): Promise<ServerInfo> {
  const info = parseInfo(String(await link.send(key, ['INFO'])));
  const field = (name: string) => info.get(name) ?? '';
  const policy = field('maxmemory_policy');
  const evicts = field('maxmemory') === '0' || policy === 'noeviction' ? undefined : policy;
  return {
    runId: field('run_id'),
    version: field('redis_version'),
    isMaster: field('role') === 'master',
    replicated: field('connected_slaves') !== '0' || !/^0*$/.test(field('master_replid2')),
    evicts,
    persistence: field('aof_enabled') === '1' ? await readFsync(link, key) : 'off',
  };
}

/** @throws {OptionError} naming `url`, when the server cannot keep a log. */
export function refuseUnfit({ version, evicts }: ServerInfo): void {
  if (Number.parseInt(version, 10) < OLDEST_MAJOR) {
    throw new OptionError('url', `Redis ${version} is too old: version ${OLDEST_MAJOR} is needed`);
  }
  if (evicts !== undefined) {
    throw new OptionError(
      'url',
      `this Redis removes data when its memory is full (maxmemory-policy ${evicts}): run CONFIG SET maxmemory-policy noeviction`,
    );
  }
}

/** Whether everything that was acknowledged is there again after the server was killed and started again. */
export function isLasting({ persistence, replicated }: ServerInfo): boolean {
  return persistence === 'always' && !replicated;
}

/** Says plainly what this server may lose. */
export function warnOfLoss({ persistence, replicated }: ServerInfo, logger: Logger): void {
  if (persistence === 'off') {
    logger.warn(
      {},
      'Redis keeps no append-only file: a restart of Redis may lose publications, and begins new epochs',
    );
  } else if (persistence !== 'always') {
    const appendfsync = persistence ?? 'unknown';
    logger.warn(
      { appendfsync },
      'Redis acknowledges before it has written to the disk: a restart of Redis may lose the last second, and begins new epochs',
    );
  }
  if (replicated) {
    logger.info({}, 'Redis has replicas: a failover may lose the last publications, and begins new epochs');
  }
}

async function readFsync(link: Link, key: string): Promise<ServerInfo['persistence']> {
  try {
    const reply = await link.send(key, ['CONFIG', 'GET', 'appendfsync']);
    const values: unknown[] = Array.isArray(reply) ? reply : Object.values(reply as object);
    return (['always', 'everysec', 'no'] as const).find((value) => values.includes(value));
  } catch (error) {
    // Managed servers often keep their configuration to themselves.
    if (error instanceof RedisRefusal) return undefined;
    throw error;
  }
}

function parseInfo(text: string): Map<string, string> {
  const fields = text.matchAll(/^([a-z_\d]+):(.*?)\r?$/gm);
  return new Map([...fields].map(([, name = '', value = '']) => [name, value]));
}

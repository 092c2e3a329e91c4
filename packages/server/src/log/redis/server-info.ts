import { OptionError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { type Link, RedisRefusal } from './link.ts';

/** What a Redis server says about itself. */
export interface ServerInfo {
  /** Of the process; another one after each restart. */
  readonly runId: string;
  /** Of the history of its data; another one since it took the place of another server, among others. */
  readonly replicationId: string;
  readonly version: string;
  readonly isMaster: boolean;
  readonly isOfCluster: boolean;
  /** Was a replica before. */
  readonly wasReplica: boolean;
  /** Has, or had, another server that could take its place. */
  readonly replicated: boolean;
  /** The policy by which it may remove what is in use; `undefined` when it removes nothing. */
  readonly evicts: string | undefined;
  /** When it writes to the disk what it acknowledges; `undefined` when it does not tell. */
  readonly persistence: Persistence | undefined;
}

type Persistence = 'always' | 'always but in rewrites' | 'everysec' | 'no' | 'off';

const OLDEST_MAJOR = 7;

/** As a script it goes to the server of a key, where the command alone may go to any server of a cluster. */
const ASK_SERVER = ['EVAL', "return redis.call('INFO')", '0'];

/** Asks the server that keeps a key. What it did not tell the last time it is not asked again. */
export async function readServerInfo(link: Link, key: string, last?: ServerInfo): Promise<ServerInfo> {
  const info = parseInfo(String(await link.send(key, ASK_SERVER)));
  const field = (name: string) => info.get(name) ?? '';
  const policy = field('maxmemory_policy');
  const keepsAll = field('maxmemory') === '0' || policy === 'noeviction' || policy === '';
  const wasReplica = !/^0*$/.test(field('master_replid2'));
  return {
    runId: field('run_id'),
    replicationId: field('master_replid'),
    version: field('redis_version'),
    isMaster: field('role') === 'master',
    isOfCluster: field('redis_mode') === 'cluster',
    wasReplica,
    replicated: wasReplica || field('connected_slaves') !== '0',
    evicts: keepsAll ? undefined : policy,
    persistence: await readPersistence(link, key, info, last),
  };
}

/**
 * @throws {OptionError} naming `url`, when the server cannot keep a log.
 * @throws {Error} when it is not the one that takes writes now.
 */
export function refuseUnfit({ version, runId, evicts, isMaster }: ServerInfo): void {
  if (Number.parseInt(version, 10) < OLDEST_MAJOR) {
    throw new OptionError('url', `Redis ${version} is too old: version ${OLDEST_MAJOR} is needed`);
  }
  if (runId === '') {
    throw new OptionError(
      'url',
      'this Redis does not tell its run_id, so that a restart would not be noticed',
    );
  }
  if (evicts !== undefined) {
    throw new OptionError(
      'url',
      `this Redis removes data when its memory is full (maxmemory-policy ${evicts}): run CONFIG SET maxmemory-policy noeviction`,
    );
  }
  if (!isMaster) throw new Error('this server of Redis is a replica');
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

async function readPersistence(
  link: Link,
  key: string,
  info: ReadonlyMap<string, string>,
  last: ServerInfo | undefined,
): Promise<Persistence | undefined> {
  if (info.get('aof_enabled') !== '1') return 'off';
  if (last !== undefined && last.persistence === undefined) return undefined;
  const asked = ['appendfsync', 'no-appendfsync-on-rewrite'];
  let reply: unknown;
  try {
    reply = await link.send(key, ['CONFIG', 'GET', ...asked]);
  } catch (error) {
    // Managed servers often keep their configuration to themselves.
    if (error instanceof RedisRefusal) return undefined;
    throw error;
  }
  const { appendfsync, 'no-appendfsync-on-rewrite': pauses } = reply as Record<string, string | undefined>;
  if (appendfsync === 'always' && (pauses !== 'no' || isBeingBegun(info))) return 'always but in rewrites';
  return (['always', 'everysec', 'no'] as const).find((value) => value === appendfsync);
}

/** The append-only file may have nothing yet of what was there before it was switched on. */
function isBeingBegun(info: ReadonlyMap<string, string>): boolean {
  const isRewritten =
    info.get('aof_rewrite_in_progress') !== '0' || info.get('aof_rewrite_scheduled') !== '0';
  return info.get('aof_base_size') === '0' && (isRewritten || info.get('aof_last_bgrewrite_status') !== 'ok');
}

function parseInfo(text: string): Map<string, string> {
  const fields = text.matchAll(/^([a-z_\d]+):(.*?)\r?$/gm);
  return new Map([...fields].map(([, name = '', value = '']) => [name, value]));
}

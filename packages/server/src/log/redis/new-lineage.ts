import { randomBytes } from 'node:crypto';
import { silentLogger } from '../../logger.ts';
import { parseAddress } from './address.ts';
import { Connection } from './connection.ts';
import { controlKeys, prefixIn } from './keys.ts';

/**
 * Begins new epochs in every log that Redis keeps: each one when it is next used. Needed once after an older copy of a
 * single Redis with `appendfsync always` was put back while no node ran; every other case notices by itself. Nodes that
 * run take part within a second.
 *
 * @throws {OptionError} naming `url`.
 * @throws {LogUnavailableError} when Redis cannot be reached.
 */
export async function beginNewLineage(url: string, prefix = 'vitalwire'): Promise<void> {
  const address = parseAddress(url);
  const { lineage } = controlKeys(prefixIn(address, prefix));
  const connection = new Connection({
    address,
    commandTimeoutMs: 3_000,
    logger: silentLogger,
    prepare: async (link) => {
      await link.send(lineage, ['HSET', lineage, 'id', randomBytes(12).toString('base64url')]);
      await link.send(lineage, ['HINCRBY', lineage, 'number', '1']);
    },
  });
  try {
    await connection.check();
  } finally {
    await connection.close();
  }
}

import { Command } from 'commander';
import { pino } from 'pino';
import { httpAuthorize } from '../auth/http-authorize.ts';
import type { TokenOptions } from '../auth/token.ts';
import { LogUnavailableError } from '../errors.ts';
import type { LogStore } from '../log/log-store.ts';
import { memoryLog } from '../log/memory.ts';
import { redisLog } from '../log/redis.ts';
import { sqliteLog } from '../log/sqlite.ts';
import { createServer, type VitalwireServer } from '../server.ts';
import { duration, integer, list, logFileIn, option, readSecret } from './options.ts';

interface ServeFlags {
  port: number;
  host: string;
  log: string;
  data?: string;
  jwtSecretFile?: string;
  jwksUrl?: string;
  jwksFile?: string;
  jwtIssuer?: string;
  jwtAudience?: string;
  authorizeUrl?: string;
  origins?: string[];
  compression: boolean;
  retentionCount: number;
  retentionAge: number;
  logLevel: string;
}

/** `vitalwire serve`: the server on its own, beside a backend in any language. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('Serve WebSocket subscribers, and HTTP publishers in any language.')
    .addOption(
      option('--port <port>', 'port to listen on; 0 takes a free one')
        .argParser(integer(0, 65_535))
        .default(8_000),
    )
    .addOption(option('--host <address>', 'address to listen on').default('127.0.0.1'))
    .addOption(
      option(
        '--log <store>',
        'where publications live: sqlite, memory, or redis://… for several servers',
      ).default('sqlite'),
    )
    .addOption(option('--data <folder>', 'folder of the SQLite log; created when missing'))
    .addOption(
      option('--retention-count <number>', 'publications kept a diagnosis')
        .argParser(integer(1, 1e9))
        .default(1_000),
    )
    .addOption(
      option('--retention-age <duration>', 'how long a publication is kept')
        .argParser(duration)
        .default(7 * 86_400, '7d'),
    )
    .addOption(option('--jwt-secret-file <file>', 'file with the HS256 secret, at least 32 bytes'))
    .addOption(option('--jwks-url <url>', 'public keys instead of a secret: a JSON Web Key Set'))
    .addOption(option('--jwks-file <file>', 'the same from a file'))
    .addOption(option('--jwt-issuer <iss>', 'required issuer of tokens'))
    .addOption(option('--jwt-audience <aud>', 'required audience of tokens'))
    .addOption(
      option(
        '--authorize-url <url>',
        'ask this address who owns a diagnosis, instead of the claim "diagnoses"',
      ),
    )
    .addOption(
      option('--origins <list>', 'origins of pages that may connect, separated by commas').argParser(list),
    )
    .addOption(
      option('--compression', 'send publications compressed to peers that offer permessage-deflate').default(
        false,
      ),
    )
    .addOption(
      option('--log-level <level>', 'how much to say')
        .choices(['debug', 'info', 'warn', 'error', 'silent'])
        .default('info'),
    )
    .action(serve);
}

async function serve(flags: ServeFlags): Promise<void> {
  const logger = pino({ name: 'vitalwire', level: flags.logLevel });
  const server = await create(flags, logger);
  try {
    const { url } = await server.listen(flags);
    logger.info({ url, docs: `${url}/docs`, log: flags.log.replace(/:.*/s, '') }, 'listening');
  } catch (error) {
    await server.close();
    throw explainListen(error, flags);
  }
  closeOnSignal(server, logger);
}

async function create(flags: ServeFlags, logger: pino.Logger): Promise<VitalwireServer> {
  const auth = tokenOptions(flags);
  const log = await openLog(flags, logger);
  try {
    return createServer({
      auth,
      log,
      logger,
      ...(flags.authorizeUrl !== undefined && { authorize: httpAuthorize({ url: flags.authorizeUrl }) }),
      compression: flags.compression,
      ...(flags.origins && { origins: flags.origins }),
    });
  } catch (error) {
    // An open connection would keep the process alive.
    await log.close();
    throw error;
  }
}

function tokenOptions(flags: ServeFlags): TokenOptions {
  const { jwtSecretFile, jwksUrl, jwksFile, jwtIssuer, jwtAudience } = flags;
  if ([jwtSecretFile, jwksUrl, jwksFile].filter((given) => given !== undefined).length !== 1) {
    throw new Error('give exactly one of --jwt-secret-file, --jwks-url and --jwks-file');
  }
  return {
    ...(jwtSecretFile !== undefined && { secret: readSecret(jwtSecretFile) }),
    ...(jwksUrl !== undefined && { jwksUrl }),
    ...(jwksFile !== undefined && { jwksFile }),
    ...(jwtIssuer !== undefined && { issuer: jwtIssuer }),
    ...(jwtAudience !== undefined && { audience: jwtAudience }),
  };
}

async function openLog(flags: ServeFlags, logger: pino.Logger): Promise<LogStore> {
  const { log, data, retentionCount, retentionAge } = flags;
  const retention = { publications: retentionCount, ageMs: retentionAge * 1_000 };
  if (log !== 'sqlite' && data !== undefined) throw new Error('--data goes with --log sqlite only');
  if (log === 'memory') return memoryLog({ retention });
  if (/^rediss?[:+]/.test(log)) return openRedis(redisLog({ url: log, retention, logger }));
  // What is no plain word is not repeated: it may hold a password.
  const shown = /^[\w-]+$/.test(log) ? ` ${log}` : '';
  if (log !== 'sqlite') throw new Error(`--log${shown}: expected sqlite, memory or redis://…`);
  if (data === undefined) throw new Error('give --data FOLDER for the log, or --log memory to keep nothing');
  return sqliteLog({ path: logFileIn(data), retention });
}

/** Ends the start when this Redis will not do. One that is away may come: the server serves, and is not ready yet. */
async function openRedis(log: LogStore): Promise<LogStore> {
  try {
    await log.nodes?.check();
  } catch (error) {
    if (!(error instanceof LogUnavailableError)) {
      await log.close();
      throw error;
    }
  }
  return log;
}

function explainListen(error: unknown, { port, host }: ServeFlags): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    return new Error(
      `port ${port} is taken on ${host}: end the other program, or choose another with --port`,
    );
  }
  if (code === 'EACCES') return new Error(`port ${port} needs privileges: choose one above 1023 with --port`);
  return error instanceof Error ? error : new Error(String(error));
}

/** The first signal drains; a second one does not wait. */
function closeOnSignal(server: VitalwireServer, logger: pino.Logger): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      logger.info({ signal }, 'closing');
      process.once(signal, () => process.exit(1));
      server.close().then(
        () => process.exit(0),
        (error: unknown) => {
          logger.error({ err: error }, 'closing failed');
          process.exit(1);
        },
      );
    });
  }
}

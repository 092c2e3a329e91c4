import { spawnSync } from 'node:child_process';

/** The programs of an installed Redis. */
export interface InstalledRedis {
  readonly server: string;
  readonly cli: string;
  readonly version: string;
}

/** Sharded pub/sub, which announcements need, came with it. */
const OLDEST_MAJOR = 7;

const PROGRAMS = [
  { server: 'redis-server', cli: 'redis-cli' },
  { server: 'valkey-server', cli: 'valkey-cli' },
];

/** The first Redis or Valkey on the PATH that is new enough, or a sentence that says what is there instead. */
export function findRedis(): InstalledRedis | string {
  const unfit: string[] = [];
  for (const { server, cli } of PROGRAMS) {
    const version = versionOf(server, /v=(\d[\w.]*)/);
    if (version === undefined) continue;
    if (Number.parseInt(version, 10) < OLDEST_MAJOR) unfit.push(`${server} ${version} is too old`);
    else if (versionOf(cli, /(\d[\w.]*)/) === undefined) unfit.push(`${server} is there without ${cli}`);
    else return { server, cli, version };
  }
  return unfit.join(', ') || 'there is no redis-server on the PATH';
}

/** Whether tests without Redis count as failed: with `CI` or `REQUIRE_REDIS` set. */
export function redisIsRequired(env = process.env): boolean {
  return [env['CI'], env['REQUIRE_REDIS']].some((value) => !['', '0', 'false', undefined].includes(value));
}

function versionOf(program: string, pattern: RegExp): string | undefined {
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  return pattern.exec(stdout ?? '')?.[1];
}

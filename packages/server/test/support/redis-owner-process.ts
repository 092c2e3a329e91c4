// Starts two servers, one of them paused, writes their process ids to its output, and waits to be killed.
import { RedisServer } from '../../src/testing/redis-server.ts';

const servers = [await RedisServer.start(), await RedisServer.start()];
servers[1]?.pause();
process.stdout.write(`${servers.map(({ pid }) => pid).join(' ')}\n`);
setInterval(() => {}, 60_000);

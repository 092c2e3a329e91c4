// Opens the built log store: the scripts that run in Redis are files beside it, which the compiler does not know of.
const { redisLog } = await import('../dist/index.js');
await redisLog({ url: 'redis://127.0.0.1:1' }).close();

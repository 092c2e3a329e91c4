// Makes Node believe that the package @redis/client is not installed; for `--import`.
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== '@redis/client') return next(specifier, context);
    const error = new Error(`Cannot find package '@redis/client' imported from ${context.parentURL}`);
    throw Object.assign(error, { code: 'ERR_MODULE_NOT_FOUND' });
  },
});

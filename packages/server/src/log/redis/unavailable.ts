import { LogUnavailableError, OptionError } from '../../errors.ts';

/** What a caller is told when Redis cannot do something now. */
export function unavailable(error: unknown): Error {
  if (error instanceof LogUnavailableError || error instanceof OptionError) return error;
  return new LogUnavailableError('Redis cannot do this now', error);
}

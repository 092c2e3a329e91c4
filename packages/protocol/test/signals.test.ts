import { disconnectSignalSchema, errorSignalSchema } from '../src/index.ts';
import { describeSchema, without } from './support/describe-schema.ts';

const error = { type: 'error', code: 'access_denied', message: 'not allowed' };
const disconnect = { type: 'disconnect', code: 1012, reason: 'restarting', reconnect: true };

describeSchema('errorSignalSchema', errorSignalSchema, {
  accepts: {
    'an error': error,
    'an error about a diagnosis': { ...error, diagnosis_id: 123 },
    'a code of a later version': { ...error, code: 'moon_phase' },
  },
  rejects: {
    'a missing code': [without(error, 'code'), 'code'],
    'a missing message': [without(error, 'message'), 'message'],
    'an impossible diagnosis': [{ ...error, diagnosis_id: 0 }, 'diagnosis_id'],
    'another type': [{ ...error, type: 'errors' }, 'type'],
  },
});

describeSchema('disconnectSignalSchema', disconnectSignalSchema, {
  accepts: {
    'a goodbye': disconnect,
    'a goodbye with advice': { ...disconnect, retry_after_ms: 0 },
    'a code and a reason of a later version': { ...disconnect, code: 4777, reason: 'moon_phase' },
  },
  rejects: {
    'a missing code': [without(disconnect, 'code'), 'code'],
    'a missing reason': [without(disconnect, 'reason'), 'reason'],
    'a missing reconnect': [without(disconnect, 'reconnect'), 'reconnect'],
    'a text as reconnect': [{ ...disconnect, reconnect: 'true' }, 'reconnect'],
    'a negative wait': [{ ...disconnect, retry_after_ms: -1 }, 'retry_after_ms'],
    'a fraction of a millisecond': [{ ...disconnect, retry_after_ms: 0.5 }, 'retry_after_ms'],
  },
});

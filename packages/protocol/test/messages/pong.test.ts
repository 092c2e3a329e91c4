import { pong } from '../../src/index.ts';
import { describeSchema } from '../support/describe-schema.ts';

describeSchema('pong', pong.data, {
  accepts: { 'no id': {}, 'a number': { id: 1 }, 'a text': { id: 'abc' } },
  rejects: { null: [{ id: null }, 'id'], 'a fraction': [{ id: 1.5 }, 'id'], 'a list': [[], ''] },
});

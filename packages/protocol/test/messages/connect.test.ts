import { connect } from '../../src/index.ts';
import { describeSchema, without } from '../support/describe-schema.ts';

const data = {
  message: 'Subscribed to diagnosis 123',
  user_id: '7',
  session_id: 's-01',
  epoch: 'e',
  offset: 0,
  recovery: { status: 'fresh', from: 'e:0', to: 'e:0', count: 0 },
};

describeSchema('connect', connect.data, {
  accepts: { 'an empty topic': data, 'a text that says nothing': { ...data, message: '' } },
  rejects: {
    'a missing message': [without(data, 'message'), 'message'],
    'a missing user': [without(data, 'user_id'), 'user_id'],
    'a number as user': [{ ...data, user_id: 7 }, 'user_id'],
    'a missing session': [without(data, 'session_id'), 'session_id'],
    'a missing epoch': [without(data, 'epoch'), 'epoch'],
    'a malformed epoch': [{ ...data, epoch: 'a:b' }, 'epoch'],
    'a missing offset': [without(data, 'offset'), 'offset'],
    'a negative offset': [{ ...data, offset: -1 }, 'offset'],
    'a missing recovery': [without(data, 'recovery'), 'recovery'],
  },
});

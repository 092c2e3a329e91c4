import { feedbackUpdate } from '../../src/index.ts';
import { describeSchema, without } from '../support/describe-schema.ts';

const data = { feedback_id: 311, rating: 4, effectiveness: 0.8 };

const examples = {
  accepts: {
    'the required fields': data,
    'all fields': { ...data, recommendation_id: 'rec-7', comment: 'I sleep through again' },
    'rating 1': { ...data, rating: 1 },
    'rating 5': { ...data, rating: 5 },
    'an empty comment': { ...data, comment: '' },
  },
  rejects: {
    'rating 6': [{ ...data, rating: 6 }, 'rating'],
    'rating 0': [{ ...data, rating: 0 }, 'rating'],
    'rating 4.5': [{ ...data, rating: 4.5 }, 'rating'],
    'rating "4"': [{ ...data, rating: '4' }, 'rating'],
    'a missing rating': [without(data, 'rating'), 'rating'],
    'effectiveness 1.2': [{ ...data, effectiveness: 1.2 }, 'effectiveness'],
    'effectiveness -0.1': [{ ...data, effectiveness: -0.1 }, 'effectiveness'],
    'a missing effectiveness': [without(data, 'effectiveness'), 'effectiveness'],
    'a missing feedback': [without(data, 'feedback_id'), 'feedback_id'],
    'an empty id': [{ ...data, feedback_id: '' }, 'feedback_id'],
    'null instead of an absent field': [{ ...data, comment: null }, 'comment'],
    'a comment in pieces': [{ ...data, comment: ['a'] }, 'comment'],
    'an empty recommendation': [{ ...data, recommendation_id: '' }, 'recommendation_id'],
    'a list': [[], ''],
  },
} as const;

describeSchema('feedback_update, published', feedbackUpdate.publish.body, examples);
describeSchema('feedback_update, on the wire', feedbackUpdate.data, examples);

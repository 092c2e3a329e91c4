// A program of a user's, for Node: says what it was given and in which state it is, until its input ends.
import { createClient } from '@vitalwire/client';

const { url, token, diagnosisId } = JSON.parse(process.argv[2] ?? '{}');
const say = (entry: object) => console.log(JSON.stringify(entry));

const client = createClient({
  url,
  getToken: () => token,
  onGap: (gap) => say({ gap }),
  onError: (error) => say({ error: String(error) }),
  backoff: { baseMs: 20, maxMs: 100 },
});
const subscription = client.subscribe(diagnosisId);
subscription.on('state', ({ name }) => say({ state: name }));
subscription.on('feedback_update', ({ feedback_id }, { recovered }) =>
  say({ number: feedback_id, recovered }),
);
say({ node: process.version });

// Nothing else may keep the process alive then.
process.stdin.on('end', () => client.close()).resume();

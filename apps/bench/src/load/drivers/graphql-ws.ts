import type { Driver } from '../driver.ts';
import { upgradeRequest } from '../upgrade.ts';

const FIELDS =
  'type diagnosis_id data { recommendation_id new_effectiveness confidence sample_size herb } timestamp epoch offset';

/** The protocol `graphql-transport-ws`. */
export const graphqlWs: Driver = {
  open: () => upgradeRequest('/', 'graphql-transport-ws'),
  upgrades: true,
  begin: () => [JSON.stringify({ type: 'connection_init' })],
  answer(text, { topic }) {
    const { type, payload } = JSON.parse(text);
    const query = `subscription { updates(topic: ${topic}) { ${FIELDS} } }`;
    if (type === 'connection_ack')
      return [JSON.stringify({ id: '1', type: 'subscribe', payload: { query } })];
    if (type === 'ping') return [JSON.stringify({ type: 'pong' })];
    if (payload?.data?.updates?.type === 'subscribed') return 'subscribed';
    throw new Error(`the server said ${text}`);
  },
  marker: '"offset":',
  resumes: false,
};

// A page that shares its connection with the other tabs of its user, and lists what its handlers were given.
import { createClient } from '@vitalwire/client';
import { mountDevtools } from '@vitalwire/client/devtools';
import { shareAcrossTabs } from '@vitalwire/client/tabs';

const settings = new URLSearchParams(location.search);
const given = [];
const gaps = [];
const client = createClient({
  url: settings.get('url'),
  getToken: async ({ signal }) => (await fetch(`/token${location.search}`, { signal })).text(),
  onGap: (gap) => gaps.push(gap),
  transport: shareAcrossTabs(),
});
const subscription = client.subscribe(7);
subscription.on('publication', ({ offset }) => given.push(offset));
Object.assign(window, { given, gaps, client, subscription });
if (settings.has('devtools')) mountDevtools(client);

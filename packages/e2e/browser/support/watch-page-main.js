// A page that watches a diagnosis, and lists what it is given. It knows nothing of tests: its server gives it a token, and
// its address says what it watches.
import { createClient } from '@vitalwire/client';

const settings = new URLSearchParams(location.search);
const takes = settings.get('takes') ?? 'publication';
const client = createClient({
  url: 'wss://api.example.com/ws',
  getToken: async () => (await fetch('/session/token')).text(),
  onGap: () => {},
  onError: (error) => console.warn(String(error)),
  backoff: { baseMs: 20, maxMs: 200 },
});

const list = document.createElement('ul');
document.body.append(list);

function clear() {
  list.replaceChildren();
}

function show({ type, offset, data }) {
  const item = document.createElement('li');
  item.textContent = `${type} ${offset} ${data.comment ?? ''}`.trim();
  list.append(item);
}

for (const diagnosis of location.pathname.split('/').at(-1).split(',')) {
  const empty = { loadSnapshot: () => ({ state: [], position: 'earliest' }), onSnapshot: clear };
  const options = takes === 'state' ? empty : { after: 'earliest' };
  const subscription = client.subscribe(Number(diagnosis), options);
  if (['publication', 'both', 'state'].includes(takes)) subscription.on('publication', show);
  if (takes === 'type' || takes === 'both') {
    subscription.on('feedback_update', async (_data, publication) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (takes === 'type') show(publication);
    });
  }
  if (takes === 'loop') void take(subscription);
  if (takes === 'throws') {
    subscription.on('publication', () => {
      throw new Error('this handler cannot');
    });
  }
}

async function take(subscription) {
  for await (const publication of subscription) show(publication);
}

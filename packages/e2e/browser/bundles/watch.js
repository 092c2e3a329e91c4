import { createClient } from '@vitalwire/client';

/** Watches a diagnosis, and says what came of it. Also asks for what the client loads only when it is needed. */
export function watch({ url, token, diagnosisId }, say) {
  const client = createClient({
    url,
    getToken: () => token,
    onGap: 'ignore',
    onError: (e) => say(String(e)),
  });
  const stop = client.inspect(({ timing }) => {
    if (timing !== 'live') return;
    say('live');
    stop();
  });
  client
    .subscribe(diagnosisId)
    .on('feedback_update', ({ rating }, { offset }) => say(`${offset}: ${rating}`));
}

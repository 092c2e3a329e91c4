import type { Demo } from './demo.ts';

/** What a visitor reads after the start: where to look, and what to try. */
export function greeting({ url, publishToken }: Demo, dataFolder: string): string {
  return `
Vitalwire demo: ${url}

Open it in two windows and log in as different people:
  a patient      ${url}/#/patient/101     as Amara: gives feedback, sees the recommendation change
  a clinician    ${url}/#/clinic          as Dr. Okafor: sees the same, and how effective each herb is
  a stranger     owns no diagnosis and is refused

Try this: hold the connection in one window, give feedback in the other, restore it.
What happened meanwhile arrives in order, marked as recovered.

Publish like a backend in any language would:
  curl ${url}/ws/broadcast-effectiveness-update \\
    -H 'Authorization: Bearer ${publishToken}' \\
    -H 'Content-Type: application/json' \\
    -d '{"diagnosis_id":101,"recommendation_id":2,"herb":"Chamomile","new_effectiveness":0.82,"confidence":0.9,"sample_size":41}'

All endpoints: ${url}/docs
Data is kept in ${dataFolder}. Ctrl-C ends the demo.
`;
}

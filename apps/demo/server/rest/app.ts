import { serveStatic } from '@hono/node-server/serve-static';
import type { Position } from '@vitalwire/protocol';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { secureHeaders } from 'hono/secure-headers';
import * as z from 'zod';
import { FAILING_BELOW } from '../analytics/advice.ts';
import type { Analytics } from '../analytics/analytics.ts';
import { maySee } from '../clinic/access.ts';
import type { People } from '../clinic/people.ts';
import type { Diagnosis, Records } from '../clinic/records.ts';
import { simulatedFeedback } from '../clinic/seed.ts';
import { snapshotPosition } from '../clinic/snapshot-position.ts';
import type {
  DiagnosisSnapshot,
  DiagnosisState,
  DiagnosisSummary,
  Login,
  Person,
  Recommendation,
} from '../views.ts';

/** What the clinic's own backend works with. */
export interface RestOptions {
  readonly people: People;
  readonly records: Records;
  readonly analytics: Analytics;
  /** Signs a token for the live connection. */
  readonly tokenFor: (person: Person) => Promise<string>;
  /** Where the log of a diagnosis stands. */
  readonly topOf: (diagnosisId: number) => Promise<Position>;
  /** Folder with the built page. */
  readonly webFolder: string;
}

const loginSchema = z.object({ person: z.string() });
const text = z.string().trim().min(1).max(200);
const feedbackSchema = z.object({
  rating: z.int().min(1).max(5),
  effectiveness: z.number().min(0).max(1),
  comment: z.string().trim().max(500),
});
const adjustmentSchema = z.object({ dosage: text, frequency: text, reason: text });

/** Creates the clinic's REST interface together with the page. */
export function createRest({ people, records, analytics, tokenFor, topOf, webFolder }: RestOptions): Hono {
  const app = new Hono();

  app.use(
    secureHeaders({
      contentSecurityPolicy: { defaultSrc: ["'self'"], frameAncestors: ["'none'"] },
      // The demo speaks plain HTTP; a browser must not be told otherwise about this host.
      strictTransportSecurity: false,
    }),
  );
  app.use('/api/*', bodyLimit({ maxSize: 16_384 }));
  app.onError((error, c) => {
    if (error instanceof HTTPException) return c.json({ message: error.message }, error.status);
    console.error(error);
    return c.json({ message: 'something went wrong here' }, 500);
  });

  app.get('/api/people', (c) => c.json(people.list()));

  app.post('/api/login', async (c) => {
    const { person: id } = await readBody(c, loginSchema);
    const known = people.logIn(id);
    if (known === undefined) throw new HTTPException(404, { message: `nobody here is called ${id}` });
    const token = await tokenFor(known.person);
    return c.json({ ...known, token } satisfies Login);
  });

  app.post('/api/token', async (c) => c.json({ token: await tokenFor(personOf(c)) }));

  app.post('/api/logout', (c) => {
    people.logOut(sessionOf(c));
    return c.body(null, 204);
  });

  app.get('/api/diagnoses', (c) => {
    const person = personOf(c);
    const seen = records.diagnoses().filter((diagnosis) => maySee(person, diagnosis));
    return c.json(seen.map(summarize));
  });

  app.get('/api/diagnoses/:id', async (c) => c.json(await snapshotOf(diagnosisOf(c))));

  app.post('/api/diagnoses/:id/feedback', async (c) => {
    const diagnosis = diagnosisOf(c);
    if (personOf(c).id !== diagnosis.patientId)
      throw new HTTPException(403, { message: 'only for the patient' });
    return c.json(analytics.takeFeedback(diagnosis, await readBody(c, feedbackSchema)), 201);
  });

  app.post('/api/diagnoses/:id/recommendation', async (c) => {
    const diagnosis = diagnosisOf(c);
    if (personOf(c).role !== 'clinician') throw new HTTPException(403, { message: 'only for the clinician' });
    analytics.adjust(diagnosis, await readBody(c, adjustmentSchema));
    return c.body(null, 204);
  });

  app.post('/api/diagnoses/:id/simulate', (c) => {
    analytics.simulate(diagnosisOf(c), simulatedFeedback());
    return c.body(null, 204);
  });

  app.all('/api/*', (c) => c.json({ message: `nothing at ${c.req.path}` }, 404));

  app.use(async (c, next) => {
    await next();
    // The names of assets hold a hash of their contents; the page itself must be asked for each time.
    const lasting = c.req.path.startsWith('/assets/') && c.res.ok;
    c.header('cache-control', lasting ? 'public, max-age=31536000, immutable' : 'no-cache');
  });
  app.get('*', serveStatic({ root: webFolder }));
  return app;

  function personOf(c: Context): Person {
    const person = people.bySession(sessionOf(c));
    if (person === undefined) throw new HTTPException(401, { message: 'log in first' });
    return person;
  }

  function diagnosisOf(c: Context): Diagnosis {
    const person = personOf(c);
    const diagnosis = records.diagnosis(Number(c.req.param('id')));
    if (diagnosis !== undefined && maySee(person, diagnosis)) return diagnosis;
    if (person.role === 'clinician') throw new HTTPException(404, { message: 'there is no such diagnosis' });
    throw new HTTPException(403, { message: 'this diagnosis is not yours' });
  }

  async function snapshotOf(diagnosis: Diagnosis): Promise<DiagnosisSnapshot> {
    const top = await topOf(diagnosis.id);
    // From here on nothing waits: the state and its position are of the same moment.
    const published = records.position(diagnosis.id);
    const publishing = records.isPublishing(diagnosis.id);
    return { state: stateOf(diagnosis), position: snapshotPosition({ top, published, publishing }) };
  }

  function stateOf(diagnosis: Diagnosis): DiagnosisState {
    const { id, about } = diagnosis;
    return {
      ...summarize(diagnosis),
      about,
      recommendations: records.recommendations(id) as [Recommendation, ...Recommendation[]],
      feedback: records.feedback(id),
      measurements: records.measurements(id),
      failingBelow: FAILING_BELOW,
    };
  }
}

function summarize({ id, title, patientId, patientName }: Diagnosis): DiagnosisSummary {
  return { id, title, patientId, patientName };
}

function sessionOf(c: Context): string {
  return /^Bearer (\S+)$/.exec(c.req.header('authorization') ?? '')?.[1] ?? '';
}

async function readBody<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  let body: unknown;
  try {
    body = await c.req.json();
  } catch {
    throw new HTTPException(400, { message: 'the body is no JSON' });
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new HTTPException(422, { message: z.prettifyError(parsed.error) });
}

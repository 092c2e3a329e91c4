import { estimate } from '../analytics/effectiveness.ts';
import type { FeedbackForm, Person } from '../views.ts';
import type { ClinicDatabase } from './database.ts';
import { type Condition, FORMULARY, type FormularyEntry, initialRemedy } from './formulary.ts';
import type { Records } from './records.ts';

const PEOPLE: readonly Person[] = [
  { id: 'amara', name: 'Amara Lindqvist', role: 'patient', about: 'Sleeps badly and has headaches.' },
  { id: 'tomas', name: 'Tomás Ferreira', role: 'patient', about: 'Has an uneasy stomach after meals.' },
  { id: 'ines', name: 'Dr. Ines Okafor', role: 'clinician', about: 'Follows every diagnosis of the clinic.' },
  {
    id: 'stranger',
    name: 'A stranger',
    role: 'stranger',
    about: 'Has a valid token, but no diagnosis here: will be refused.',
  },
];

/** Feedback as `[rating, felt effect, comment]`, the oldest first. */
type Report = readonly [rating: number, effectiveness: number, comment: string];

interface Case {
  readonly id: number;
  readonly patientId: string;
  readonly condition: Condition;
  readonly title: string;
  readonly about: string;
  /** Herbs in the order in which they were given, with the reason and what was reported. */
  readonly courses: readonly { herb: string; reason: string; reports: readonly Report[] }[];
}

const CASES: readonly Case[] = [
  {
    id: 101,
    patientId: 'amara',
    condition: 'sleep',
    title: 'Difficulty falling asleep',
    about: 'Lies awake for an hour or more on four nights a week, since the start of autumn.',
    courses: [
      {
        herb: 'Lemon balm',
        reason: 'First choice for nervous restlessness at night',
        reports: [
          [3, 0.5, 'A pleasant tea, and a little calmer'],
          [2, 0.35, 'Awake until two again'],
          [3, 0.4, ''],
          [2, 0.25, 'No difference this week'],
          [2, 0.2, 'Stopped noticing any effect'],
        ],
      },
      {
        herb: 'Chamomile',
        reason: 'Lemon balm helped too little',
        reports: [
          [4, 0.75, 'Asleep within half an hour'],
          [4, 0.7, 'Good nights, apart from Tuesday'],
          [4, 0.65, ''],
          [3, 0.6, 'Still helps, a bit less than at first'],
          [3, 0.45, 'Woke up twice'],
          [3, 0.5, ''],
          [3, 0.4, 'It takes longer again'],
        ],
      },
    ],
  },
  {
    id: 102,
    patientId: 'tomas',
    condition: 'digestion',
    title: 'Functional dyspepsia',
    about: 'Fullness and nausea after meals; endoscopy without findings.',
    courses: [
      {
        herb: 'Ginger',
        reason: 'First choice for nausea and early fullness',
        reports: [
          [3, 0.5, 'Less nausea, still full quickly'],
          [4, 0.6, 'Lunch was fine on most days'],
          [4, 0.7, ''],
          [4, 0.75, 'Could eat out again'],
          [5, 0.8, 'Hardly any nausea left'],
          [4, 0.8, ''],
          [5, 0.85, 'Best week since spring'],
          [4, 0.75, 'A little heartburn from the capsules'],
        ],
      },
    ],
  },
  {
    id: 103,
    patientId: 'amara',
    condition: 'headache',
    title: 'Tension-type headache',
    about: 'Dull pressure on both sides, two or three afternoons a week, after long hours at the screen.',
    courses: [
      {
        herb: 'Peppermint',
        reason: 'First choice for tension-type headache',
        reports: [
          [4, 0.7, 'Cooling, and the pressure eases'],
          [3, 0.55, 'Works when I use it early'],
          [4, 0.65, ''],
        ],
      },
    ],
  },
];

const DAY_MS = 24 * 60 * 60 * 1000;
/** Days from one report to the next. */
const REPORT_EVERY = 3;

/** Fills an empty clinic with people, diagnoses and a history that ends yesterday. Does nothing to a filled one. */
export function seed(database: ClinicDatabase, records: Records, now: number = Date.now()): void {
  const { sql } = database;
  database.transaction(() => {
    if (sql.prepare('SELECT 1 FROM people').get() !== undefined) return;
    const addPerson = sql.prepare('INSERT INTO people (id, name, role, about) VALUES (?, ?, ?, ?)');
    for (const { id, name, role, about } of PEOPLE) addPerson.run(id, name, role, about);
    const addDiagnosis = sql.prepare(
      'INSERT INTO diagnoses (id, patient_id, condition, title, about) VALUES (?, ?, ?, ?, ?)',
    );
    for (const one of CASES) {
      addDiagnosis.run(one.id, one.patientId, one.condition, one.title, one.about);
      addHistory(one, records, now);
    }
  });
}

function addHistory({ id, condition, courses }: Case, records: Records, now: number): void {
  const reportCount = courses.reduce((count, { reports }) => count + reports.length, 0);
  let time = now - reportCount * REPORT_EVERY * DAY_MS;
  const filed = { diagnosisId: id };
  for (const { herb, reason, reports } of courses) {
    const courseId = records.nextCourseId();
    const at = new Date(time).toISOString();
    records.addRecommendation(filed, {
      courseId,
      ...initialRemedy(entryOf(condition, herb)),
      reason,
      at,
    });
    for (const [rating, effectiveness, comment] of reports) {
      time += REPORT_EVERY * DAY_MS - DAY_MS / reportCount;
      const reportedAt = new Date(time).toISOString();
      records.addFeedback(filed, { courseId, rating, effectiveness, comment, at: reportedAt });
      const measured = estimate(records.observations(courseId));
      records.addMeasurement(filed, { courseId, herb, ...measured, at: reportedAt });
    }
  }
}

function entryOf(condition: Condition, herb: string): FormularyEntry {
  const entry = FORMULARY[condition].find((one) => one.herb === herb);
  if (entry === undefined) throw new Error(`no ${herb} for ${condition}`);
  return entry;
}

const SIMULATED: readonly FeedbackForm[] = [
  { rating: 4, effectiveness: 0.7, comment: 'A good week' },
  { rating: 3, effectiveness: 0.5, comment: 'Some days better, some not' },
  { rating: 4, effectiveness: 0.65, comment: 'Better than last month' },
  { rating: 2, effectiveness: 0.3, comment: 'Little effect these days' },
  { rating: 5, effectiveness: 0.85, comment: 'Hardly any complaints' },
  { rating: 3, effectiveness: 0.45, comment: 'It helps, but slowly' },
];

/** A feedback as somebody might give it. */
export function simulatedFeedback(random: () => number = Math.random): FeedbackForm {
  return SIMULATED[Math.floor(random() * SIMULATED.length)] ?? { rating: 3, effectiveness: 0.5, comment: '' };
}

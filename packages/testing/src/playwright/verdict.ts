import type { Published } from '../publish/publish.ts';
import type { PageHistory, Received } from './page-history.ts';

/** What was published beside what was received; either may be missing. */
export interface Row {
  readonly published?: Published;
  readonly received?: Received;
  /** What is wrong with it; absent when nothing is. */
  readonly fault?: string;
}

/** Whether a page has received what it should have. */
export interface Verdict {
  readonly pass: boolean;
  /** Nothing that is still to come can make it right. */
  readonly final: boolean;
  readonly rows: readonly Row[];
}

/**
 * Compares what was published with what handlers were given: each once, with its data, in the order given for its
 * diagnosis. There is no order between diagnoses. Pure.
 *
 * @param exactly whether anything else counts as a fault.
 */
export function verdictOn(
  { received }: Pick<PageHistory, 'received'>,
  published: readonly Published[],
  exactly: boolean,
): Verdict {
  const topics = new Set([...published, ...received].map(({ diagnosis_id }) => diagnosis_id));
  const rows = [...topics].flatMap((topic) => {
    const isOfTopic = ({ diagnosis_id }: { diagnosis_id: number }) => diagnosis_id === topic;
    return align(published.filter(isOfTopic), received.filter(isOfTopic), exactly);
  });
  const faults = rows.filter(({ fault }) => fault !== undefined);
  return {
    pass: faults.length === 0,
    final: rows.some((row, index) => isFinal(row, rows.slice(index + 1))),
    rows,
  };
}

/** What is missing may come, unless something after it came already; what failed may be tried again. */
function isFinal({ published, received, fault }: Row, later: readonly Row[]): boolean {
  if (fault === undefined) return false;
  if (received) return !received.failed;
  return later.some((row) => row.received && row.published?.diagnosis_id === published?.diagnosis_id);
}

/** Lays the longest common part side by side, and the rest between. */
function align(published: readonly Published[], received: readonly Received[], exactly: boolean): Row[] {
  const rows: Row[] = [];
  const lengths = commonLengths(published, received);
  const length = (i: number, j: number) => lengths[i]?.[j] ?? 0;
  const known = new Set(published.map(keyOf));
  let i = 0;
  let j = 0;
  while (i < published.length || j < received.length) {
    const sent = published[i];
    const got = received[j];
    if (sent && got && isMatch(sent, got)) {
      rows.push({ published: sent, received: got, ...faultOf(sent, got) });
      i++;
      j++;
    } else if (got && (!sent || length(i, j + 1) >= length(i + 1, j))) {
      const fault = got.again ? 'given twice' : known.has(keyOf(got)) ? 'out of order' : 'not expected';
      rows.push({ received: got, ...((exactly || known.has(keyOf(got))) && { fault }) });
      j++;
    } else if (sent) {
      rows.push({ published: sent, fault: 'missing' });
      i++;
    }
  }
  return rows;
}

function isMatch(published: Published, received: Received): boolean {
  return !received.again && keyOf(published) === keyOf(received);
}

function faultOf(published: Published, received: Received): { fault?: string } {
  if (received.failed) return { fault: 'its handler threw' };
  const differs = published.type !== received.type || canonical(published.data) !== canonical(received.data);
  return differs ? { fault: 'other data' } : {};
}

/** `[i][j]`: how many publications the two have in common from there on. */
function commonLengths(published: readonly Published[], received: readonly Received[]): number[][] {
  const lengths: number[][] = Array.from({ length: published.length + 1 }, () => []);
  for (let i = published.length; i >= 0; i--) {
    for (let j = received.length; j >= 0; j--) {
      const [sent, got, row] = [published[i], received[j], lengths[i] ?? []];
      if (!sent || !got) row[j] = 0;
      else if (isMatch(sent, got)) row[j] = 1 + (lengths[i + 1]?.[j + 1] ?? 0);
      else row[j] = Math.max(lengths[i + 1]?.[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return lengths;
}

function keyOf({ epoch, offset }: { epoch: string; offset: number }): string {
  return `${epoch}:${offset}`;
}

/** The same text for the same JSON, whatever the order of fields. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

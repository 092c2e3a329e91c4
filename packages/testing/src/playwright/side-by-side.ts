import type { PageHistory } from './page-history.ts';
import type { Row, Verdict } from './verdict.ts';

/** Rows without a fault that are shown before and after one with a fault. */
const CONTEXT = 2;
const WIDTH = 52;

/** Both histories side by side, the faults marked, and what the page is doing. */
export function sideBySide({ rows }: Verdict, history: PageHistory): string {
  const faults = rows.flatMap(({ fault }) => fault ?? []);
  const counts = [...new Set(faults)].map(
    (fault) => `${faults.filter((other) => other === fault).length} ${fault}`,
  );
  const matched = rows.filter((row) => row.published && row.received && row.fault === undefined).length;
  return [
    `${matched} of ${rows.filter(({ published }) => published).length} as published${counts.map((count) => `, ${count}`).join('')}`,
    '',
    `  ${'published'.padEnd(WIDTH)}   received by handlers`,
    ...shown(rows),
    '',
    situation(history),
  ].join('\n');
}

/** What the page is doing. */
export function situation(history: PageHistory): string {
  const subscriptions = history.subscriptions.map(({ diagnosisId, state }) => {
    const { name, reason } = state;
    return `${diagnosisId} ${[name, reason].filter(Boolean).join(': ')}`;
  });
  const beginnings = history.beginnings.map(
    ({ diagnosisId, status, reason, count }) =>
      `${diagnosisId} ${[status, reason].filter(Boolean).join(': ')}, ${count} followed`,
  );
  return [
    `subscriptions: ${subscriptions.join('; ') || 'none'}`,
    `they began:    ${beginnings.join('; ') || 'never'}`,
    `connection:    ${history.connection}`,
  ].join('\n');
}

function shown(rows: readonly Row[]): string[] {
  const near = (index: number) =>
    rows.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(({ fault }) => fault !== undefined);
  const lines: string[] = [];
  let left = 0;
  const elide = () => {
    if (left > 0) lines.push(`  … ${left} more without fault`);
    left = 0;
  };
  for (const [index, row] of rows.entries()) {
    if (near(index)) {
      elide();
      lines.push(line(row));
    } else left++;
  }
  elide();
  return lines.length > 0 ? lines : ['  nothing, on both sides'];
}

function line({ published, received, fault }: Row): string {
  const how = received && (received.recovered ? ' (recovered)' : '');
  const left = published ? words(published) : '–';
  const right = received ? words(received) + how : '–';
  return `${fault === undefined ? ' ' : '✗'} ${left.padEnd(WIDTH)} │ ${right}${fault === undefined ? '' : `   ← ${fault}`}`;
}

function words(one: { diagnosis_id: number; offset: number; type: string; data: unknown }): string {
  const text = `${one.diagnosis_id} #${one.offset} ${one.type} ${JSON.stringify(one.data)}`;
  return text.length > WIDTH ? `${text.slice(0, WIDTH - 1)}…` : text;
}

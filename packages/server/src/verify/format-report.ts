import type { Percentiles } from './histogram.ts';
import type { HistoryEvent } from './history.ts';
import type { Counts, Report } from './report.ts';
import type { Violation } from './violations.ts';

const VERDICTS: Record<Report['verdict'], string> = {
  held: 'HELD',
  violated: 'VIOLATED',
  invalid: 'INVALID: the run proves nothing',
};

/** A report for people: aligned text of some twenty lines, more when something was found. */
export function formatReport(report: Report): string {
  const { counts, liveness } = report;
  const about = Object.entries({ ...(report.seed !== undefined && { seed: report.seed }), ...report.about });
  const rows = [
    ...(about.length > 0
      ? [['run', about.map(([name, value]) => `${name} ${value}`).join(', ')] as const]
      : []),
    ['publications', publications(counts)],
    ['deliveries', deliveries(counts)],
    ['connects', connects(counts)],
    ['faults', faults(counts)],
    ['publish', milliseconds(liveness.acknowledgementMs)],
    ['delivery', `${milliseconds(liveness.deliveryMs)}; longest wait ${short(liveness.longestWaitMs)}`],
    ['after a fault', afterFault(report)],
  ] as const;
  return [
    `${VERDICTS[report.verdict]} – ${number(counts.deliveries)} deliveries to ${number(counts.subscriptions)} subscriptions in ${short(counts.seconds * 1_000)}`,
    ...report.invalid.map((reason) => `  – ${reason}`),
    '',
    ...rows.map(([name, text]) => `${name.padEnd(15)}${text}`),
    ...violations(report),
    '',
    `claim: ${report.claim}`,
    '',
  ].join('\n');
}

function publications({ publications: outcomes, attempts }: Counts): string {
  const { acknowledged, failed, unknown, unknownAppeared } = outcomes;
  return list(
    `${number(acknowledged + failed + unknown)} in ${number(attempts)} attempts: ${number(acknowledged)} acknowledged`,
    failed > 0 && `${number(failed)} refused`,
    unknown > 0 && `${number(unknown)} unanswered, of which ${number(unknownAppeared)} are in the log`,
  );
}

function deliveries({ deliveries: all, recoveredDeliveries, repeatedDeliveries }: Counts): string {
  return list(
    `${number(all - recoveredDeliveries - repeatedDeliveries)} live`,
    `${number(recoveredDeliveries)} from the log`,
    repeatedDeliveries > 0 &&
      `${number(repeatedDeliveries)} again after a cut, as plain subscribers may get them`,
  );
}

function connects({ connects: { fresh, recovered, gap }, gaps }: Counts): string {
  const reasons = Object.entries(gaps).map(([reason, count]) => `${number(count)} ${reason}`);
  return list(
    `${number(recovered)} recovered`,
    `${number(fresh)} fresh`,
    `${number(gap)} with a gap`,
    reasons.length > 0 && `gaps: ${reasons.join(' and ')}`,
  );
}

function faults({ faults: counts, acknowledgedDuringFaults }: Counts): string {
  const kinds = Object.entries(counts);
  if (kinds.length === 0) return 'none';
  const total = kinds.reduce((sum, [, { count }]) => sum + count, 0);
  const described = kinds.map(([fault, { count, effective }]) => {
    return `${number(count)} ${fault}${effective < count ? ` (${number(count - effective)} without effect)` : ''}`;
  });
  return `${number(total)}: ${described.join(', ')}; ${number(acknowledgedDuringFaults)} acknowledged meanwhile`;
}

function afterFault({ liveness, counts }: Report): string {
  if (Object.keys(counts.faults).length === 0) return 'no faults';
  const { firstAcknowledgementAfterFaultMs: first, caughtUpAfterFaultMs: caughtUp } = liveness;
  return `next publish ${milliseconds(first)}; all caught up ${milliseconds(caughtUp)}`;
}

function violations({ violations: kept, violationCounts }: Report): string[] {
  return Object.entries(violationCounts).flatMap(([kind, count]) => {
    const examples = kept.filter((violation) => violation.kind === kind);
    return ['', `${kind} (${examples[0]?.property}): ${number(count)}`, ...examples.flatMap(described)];
  });
}

function described({ topic, subscriber, detail, events }: Violation): string[] {
  const where = [topic !== undefined && `topic ${topic}`, subscriber].filter(Boolean).join(', ');
  return [`  ${where}: ${detail}`, ...events.map((event) => `      ${eventLine(event)}`)];
}

function eventLine({ at, process, type, ...rest }: HistoryEvent): string {
  const text = JSON.stringify(rest);
  return `${at.toFixed(3)} ${process} ${type} ${text.length > 300 ? `${text.slice(0, 300)}…` : text}`;
}

function milliseconds({ count, p50, p99, max }: Percentiles): string {
  return count === 0 ? 'none' : `p50 ${short(p50)}, p99 ${short(p99)}, max ${short(max)}`;
}

function short(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

function number(value: number): string {
  return value.toLocaleString('en');
}

function list(...parts: (string | false)[]): string {
  return parts.filter((part) => part !== false).join(', ');
}

import { type Figure, type ScenarioResult, valuesOf } from '../results.ts';
import type { TargetName } from '../target-names.ts';
import { formatNumber } from './format-number.ts';
import type { Outcome } from './goals.ts';
import { ratios, type Summary, summarise } from './statistics.ts';

/** Above this share of its core the load generator may have been what was measured. */
const BUSY = 0.95;

/** Rows as lines of text, the first column to the left and the others to the right. */
export function alignRows(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}

/** Everything that was measured, one table a scenario. */
export function resultTables(results: readonly ScenarioResult[]): string {
  return results.map((result) => resultTable(result).join('\n')).join('\n\n');
}

function resultTable(result: ScenarioResult): string[] {
  const targets = Object.keys(result.measurements) as TargetName[];
  const notes = result.notes.map((note) => `  ${note}`);
  if (targets.length === 0) return [`${result.name}: ${result.title}`, ...notes];
  const rounds = Math.max(...targets.map((target) => result.measurements[target]?.length ?? 0));
  const heading = `${result.name}: ${result.title} (${rounds} ${rounds === 1 ? 'round' : 'rounds'})`;
  const head = [
    '',
    ...result.figures.flatMap(({ title, unit }) => [`${title} (${unit})`, `× ${result.baseline}`]),
    'load',
  ];
  const rows = targets.map((target) => [
    `  ${target}`,
    ...result.figures.flatMap((figure) => cells(result, target, figure)),
    load(result, target),
  ]);
  return [heading, ...alignRows([head, ...rows]), ...notes];
}

function cells(result: ScenarioResult, target: TargetName, { name }: Figure): string[] {
  const values = valuesOf(result, target, name);
  const compared = ratios(values, valuesOf(result, result.baseline, name));
  return [formatSummary(summarise(values)), compared.length === 0 ? '' : formatSummary(summarise(compared))];
}

/** How busy the load generator was, and whether it may have been the bottleneck. */
function load(result: ScenarioResult, target: TargetName): string {
  const { median, max } = summarise((result.measurements[target] ?? []).map(({ busy }) => busy));
  return `${Math.round(median * 100)} %${max > BUSY ? ' bottleneck' : ''}`;
}

/** Goals and results side by side. */
export function goalTable(outcomes: readonly Outcome[]): string {
  return alignRows([['', 'goal', 'result', 'verdict'], ...goalRows(outcomes)]).join('\n');
}

/** The same as cells: what, the goal, the result, and whether it was met. */
export function goalRows(outcomes: readonly Outcome[]): string[][] {
  return outcomes.map(({ goal, summary, verdict }) => {
    const { atMost, atLeast, unit } = goal;
    const bound = atMost === undefined ? `≥ ${formatNumber(atLeast ?? 0)}` : `≤ ${formatNumber(atMost)}`;
    return [goal.title, `${bound} ${unit}`, summary ? `${formatSummary(summary)} ${unit}` : '', verdict];
  });
}

/** The median, with the extremes where there are any. */
function formatSummary({ median, min, max }: Summary): string {
  const extremes = min === max ? '' : ` (${formatNumber(min)}–${formatNumber(max)})`;
  return formatNumber(median) + extremes;
}

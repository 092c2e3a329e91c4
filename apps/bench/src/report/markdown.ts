import { type ScenarioResult, valuesOf } from '../results.ts';
import { type TargetName, targetNames } from '../target-names.ts';
import { formatNumber } from './format-number.ts';
import type { Outcome } from './goals.ts';
import { ratios, summarise } from './statistics.ts';
import { goalRows } from './table.ts';

/** The results as tables of Markdown: goals, and the first figure of every scenario with all targets. */
export function markdown(results: readonly ScenarioResult[], outcomes: readonly Outcome[]): string {
  const tables = [
    markdownTable([['', 'goal', 'result', 'verdict'], ...goalRows(outcomes)]),
    ...groups(results).map(groupTable),
  ];
  return `${tables.join('\n\n')}\n`;
}

/** Scenarios that have the same first figure and the same baseline stand beside each other. */
function groups(results: readonly ScenarioResult[]): ScenarioResult[][] {
  const byFigure = new Map<string, ScenarioResult[]>();
  for (const result of results) {
    const key = `${result.figures[0]?.title} ${result.baseline}`;
    if (Object.keys(result.measurements).length > 0)
      byFigure.set(key, [...(byFigure.get(key) ?? []), result]);
  }
  return [...byFigure.values()];
}

function groupTable(group: readonly ScenarioResult[]): string {
  const [first] = group;
  const [figure] = first?.figures ?? [];
  if (first === undefined || figure === undefined) return '';
  const targets = targetNames.filter((target) => group.some(({ measurements }) => measurements[target]));
  const heading = `${figure.title}, ${figure.unit} (× ${first.baseline})`;
  return markdownTable([
    [heading, ...group.map(({ name }) => name)],
    ...targets.map((target) => [target, ...group.map((result) => cell(result, target, figure.name))]),
  ]);
}

function cell(result: ScenarioResult, target: TargetName, figure: string): string {
  const values = valuesOf(result, target, figure);
  if (values.length === 0) return '';
  const compared = ratios(values, valuesOf(result, result.baseline, figure));
  const ratio = compared.length === 0 ? '' : ` (${formatNumber(summarise(compared).median)})`;
  return formatNumber(summarise(values).median) + ratio;
}

function markdownTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

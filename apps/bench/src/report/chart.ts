import { type Figure, type ScenarioResult, valuesOf } from '../results.ts';
import type { TargetName } from '../target-names.ts';
import { formatNumber } from './format-number.ts';
import { type Summary, summarise } from './statistics.ts';

const WIDTH = 900;
const NAMES = 150;
const VALUES = 150;
const BAR = 18;
const ROW = 26;
const HEADING = 46;
const GAP = 24;

/** The first figure of every scenario as bars: the median, with a line from the least to the greatest value. */
export function chart(results: readonly ScenarioResult[], caption: string): string {
  const blocks: string[] = [];
  let top = HEADING;
  for (const result of results) {
    const [figure] = result.figures;
    const targets = Object.keys(result.measurements) as TargetName[];
    if (figure === undefined || targets.length === 0) continue;
    blocks.push(`<g transform="translate(0 ${top})">${block(result, figure, targets)}</g>`);
    top += HEADING + targets.length * ROW + GAP;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" font-family="sans-serif" font-size="13">`,
    '<style>text{fill:#1f2328}.quiet{fill:#59636e}.bar{fill:#9aa4b2}.own{fill:#1a7f64}.line{stroke:#1f2328}</style>',
    `<rect width="${WIDTH}" height="${top}" fill="#fff"/>`,
    `<text x="16" y="28" class="quiet">${asText(caption)}</text>`,
    ...blocks,
    '</svg>\n',
  ].join('\n');
}

function block(result: ScenarioResult, figure: Figure, targets: readonly TargetName[]): string {
  const summaries = targets.map((target) => summarise(valuesOf(result, target, figure.name)));
  const most = Math.max(...summaries.map(({ max }) => max), Number.MIN_VALUE);
  const scale = (WIDTH - NAMES - VALUES) / most;
  const rows = targets.map((target, index) => row(target, summaries[index] ?? summarise([0]), index, scale));
  const unit = `${figure.title} (${figure.unit})`;
  return [
    `<text x="16" y="14" font-weight="bold">${asText(result.title)}</text>`,
    `<text x="16" y="32" class="quiet">${asText(unit)}</text>`,
    ...rows,
  ].join('\n');
}

function row(target: TargetName, { median, min, max }: Summary, index: number, scale: number): string {
  const y = HEADING + index * ROW;
  const middle = y + BAR / 2;
  const x = (value: number) => round(NAMES + Math.max(0, value) * scale);
  const width = round(x(median) - NAMES);
  const own = target.startsWith('vitalwire') ? 'bar own' : 'bar';
  return [
    `<text x="${NAMES - 8}" y="${middle + 4}" text-anchor="end">${asText(target)}</text>`,
    `<rect x="${NAMES}" y="${y}" width="${width}" height="${BAR}" class="${own}"/>`,
    `<line x1="${x(min)}" x2="${x(max)}" y1="${middle}" y2="${middle}" class="line"/>`,
    `<text x="${round(x(max) + 8)}" y="${middle + 4}">${formatNumber(median)}</text>`,
  ].join('');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function asText(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`);
}

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A part of PROTOCOL.md from one heading to the next of any level. */
export interface Section {
  readonly heading: string;
  /** How many `#` the heading has. */
  readonly level: number;
  readonly text: string;
}

const path = fileURLToPath(new URL('../../protocol/PROTOCOL.md', import.meta.url));

/** The normative document, section by section. */
export const sections: readonly Section[] = readSections(readFileSync(path, 'utf8'));

/** @throws {Error} when there is no such heading. */
function section(heading: string): Section {
  const found = sections.find((candidate) => candidate.heading === heading);
  if (!found) throw new Error(`PROTOCOL.md has no heading ${heading}`);
  return found;
}

/** The blocks of one language under a heading. */
export function blocks(heading: string, language: string): string[] {
  return [...section(heading).text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)\n\`\`\`$`, 'gms'))].map(
    ([, text = '']) => text,
  );
}

/** The cells of the table under a heading, without its first row. */
export function table(heading: string): string[][] {
  const lines = section(heading)
    .text.split('\n')
    .filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

/** A frame in a dialogue. */
export interface DialogueFrame {
  /** Which of several connections; empty when there is one. */
  readonly who: string;
  readonly from: 'client' | 'server';
  readonly frame: Record<string, unknown>;
}

/** The frames of the dialogues under a heading. */
export function dialogue(heading: string): DialogueFrame[] {
  return blocks(heading, 'dialogue').flatMap((block) =>
    block.split('\n').flatMap((line) => {
      const [, who = '', arrow, text] = /^([A-Z]?)([<>]) (.*)$/.exec(line) ?? [];
      if (text === undefined) return [];
      return [{ who, from: arrow === '<' ? 'server' : 'client', frame: JSON.parse(text) } as const];
    }),
  );
}

function readSections(document: string): Section[] {
  const found: { heading: string; level: number; lines: string[] }[] = [];
  let fenced = false;
  for (const line of document.split('\n')) {
    if (line.startsWith('```')) fenced = !fenced;
    const [, marks, heading] = (!fenced && /^(#+) (.*)$/.exec(line)) || [];
    if (marks !== undefined && heading !== undefined) found.push({ heading, level: marks.length, lines: [] });
    else found.at(-1)?.lines.push(line);
  }
  return found.map(({ heading, level, lines }) => ({ heading, level, text: lines.join('\n') }));
}

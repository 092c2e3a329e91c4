import { readFileSync } from 'node:fs';

/** A fenced block with the headings above it. */
export interface Block {
  readonly language: string;
  readonly lines: readonly string[];
  readonly heading: string;
}

/** A document in Markdown, as far as the tests need it. */
export interface Markdown {
  /** Everything that stands outside of fenced blocks. */
  readonly prose: string;
  readonly headings: readonly string[];
  readonly blocks: readonly Block[];
  /** The lines under a heading, until the next one of any level, without those of blocks. */
  section(heading: string): string[];
  /** The cells of the tables under a heading, without the rows of names. */
  table(heading: string): string[][];
}

export function readMarkdown(path: URL): Markdown {
  const headings: string[] = [];
  const blocks: Block[] = [];
  const sections = new Map<string, string[]>();
  const prose: string[] = [];
  let heading = '';
  let open: { language: string; lines: string[]; heading: string } | undefined;
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line.startsWith('```')) {
      if (open) blocks.push(open);
      open = open ? undefined : { language: line.slice(3), lines: [], heading };
    } else if (open) open.lines.push(line);
    else prose.push(line);
    if (open || line.startsWith('```')) continue;
    if (/^#+ /.test(line)) {
      heading = line.replace(/^#+ /, '');
      if (headings.includes(heading)) throw new Error(`the heading ${heading} stands twice`);
      headings.push(heading);
    } else sections.set(heading, [...(sections.get(heading) ?? []), line]);
  }
  if (open) throw new Error(`the block under ${open.heading} does not end`);

  function section(name: string): string[] {
    const lines = sections.get(name);
    if (!lines) throw new Error(`no heading ${name}`);
    return lines;
  }

  function table(name: string): string[][] {
    const lines = section(name);
    return lines
      .filter(
        (line, i) => line.startsWith('|') && !/^\| ---/.test(line) && !/^\| ---/.test(lines[i + 1] ?? ''),
      )
      .map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
  }

  return { prose: prose.join('\n'), headings, blocks, section, table };
}

import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readMarkdown } from './support/markdown.ts';

const folder = new URL('readme/', import.meta.url);

it('shows examples that compile: each is a file of test/readme', () => {
  const shown = readMarkdown(new URL('../README.md', import.meta.url)).blocks.filter(
    ({ language }) => language === 'ts',
  );
  const files = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'));
  // The first line of a file is for the linter.
  const compiled = files.map((text) => text.split('\n').slice(1).join('\n').trim());
  expect(shown.map(({ lines }) => lines.join('\n')).sort()).toEqual(compiled.sort());
});

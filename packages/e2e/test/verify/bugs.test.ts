import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { bugs } from '../../verify/broken/bugs.ts';

const sources = import.meta.resolve('@vitalwire/server');

it.each(bugs)('the planted bug $name still has its place in the sources', ({ edits }) => {
  for (const { file, search } of edits) {
    const source = readFileSync(new URL(file, sources), 'utf8');
    expect(source.split(search).length - 1, `${file}: ${search}`).toBe(1);
  }
});

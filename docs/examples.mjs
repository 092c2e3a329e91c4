// The examples of the guides are files, so that they are type-checked and run. The guides show them: a block of code
// behind a line that is a link to a file, such as [`recipes/page.html`](recipes/page.html), is that file's text.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

export const root = join(import.meta.dirname, '..');

/** The documents that are checked, as paths from the root. */
export const guides = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'docs/architecture.md',
  'docs/concepts.md',
  'docs/recipes.md',
  'docs/react.md',
  'docs/testing.md',
  'docs/verify.md',
  'docs/redis.md',
  'docs/reliability.md',
  'docs/performance.md',
];

const EXAMPLE = /^(\[`[^`\n]+`\]\(([^)\n]+)\)\n\n```(\w+)\n)([\s\S]*?)(^```$)/gm;

/** @typedef {{ file: string, shown: string, text: string }} Example a file from the root, what is shown, what it says */

/** @type {(guide: string) => Example[]} */
export function examplesOf(guide) {
  const text = readFileSync(join(root, guide), 'utf8');
  return [...text.matchAll(EXAMPLE)].map(([, , link = '', , shown = '']) => {
    const path = join(root, dirname(guide), link);
    return { file: relative(root, path), shown, text: readFileSync(path, 'utf8') };
  });
}

/**
 * The guide with every example as its file has it.
 *
 * @type {(guide: string) => string}
 */
export function updated(guide) {
  return readFileSync(join(root, guide), 'utf8').replace(EXAMPLE, (_, before, link, __, ___, after) => {
    return before + readFileSync(join(root, dirname(guide), link), 'utf8') + after;
  });
}

/** Every example, as a path from the root. */
export const exampleFiles = readdirSync(join(root, 'docs', 'recipes'))
  .map((name) => join('docs', 'recipes', name))
  .sort();

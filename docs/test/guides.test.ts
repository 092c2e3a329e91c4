import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DEFAULT_LIMITS, DEFAULT_TIMING } from '@vitalwire/server';
import { describe, expect, it } from 'vitest';
import { exampleFiles, examplesOf, guides, root } from '../examples.mjs';

const PROTOCOL = 'packages/protocol/PROTOCOL.md';
const READMES = ['server', 'protocol', 'client', 'react', 'testing'].map(
  (name) => `packages/${name}/README.md`,
);
const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('examples', () => {
  it.each(guides.filter((guide) => examplesOf(guide).length > 0))('are in %s as in their files', (guide) => {
    for (const { file, shown, text } of examplesOf(guide)) {
      expect(shown, `${file}: run \`pnpm --filter @vitalwire/docs run update\``).toBe(text);
    }
  });

  it('are all shown', () => {
    const shown = guides.flatMap((guide) => examplesOf(guide).map(({ file }) => file));
    expect([...new Set(shown)].sort()).toEqual(exampleFiles);
  });
});

describe('README.md', () => {
  it('has at most 150 lines', () => {
    expect(read('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(150);
  });

  it.each(['README.md', 'docs/concepts.md'])(
    'gives the promise in the words of the protocol (%s)',
    (guide) => {
      const [, promise = ''] = /The promise:\n\n([\s\S]*?)\n\nThis document/.exec(read(PROTOCOL)) ?? [];
      expect(promise).toContain('in order, and its handler once');
      expect(read(guide)).toContain(promise);
    },
  );
});

describe('SECURITY.md', () => {
  const rows = [...read('SECURITY.md').matchAll(/^\| `(\w+)` +\| ([\d,]+) +\|/gm)];
  const numbers = Object.fromEntries(
    rows.map(([, name, value = '']) => [name, Number(value.replaceAll(',', ''))]),
  );

  it('lists every limit and every time with its default', () => {
    expect(numbers).toEqual({ ...DEFAULT_LIMITS, ...DEFAULT_TIMING });
  });
});

describe('docs/architecture.md', () => {
  it('names files that exist', () => {
    const names = [...read('docs/architecture.md').matchAll(/`([\w./-]+(?:\.ts|\/))`/g)].map(
      ([, name = '']) => name,
    );
    const places = ['packages', 'packages/server/src', 'packages/client/src'].map((folder) =>
      join(root, folder),
    );
    const missing = names.filter((name) => !places.some((place) => existsSync(join(place, name))));
    expect(names.length).toBeGreaterThan(30);
    expect(missing).toEqual([]);
  });
});

describe('links', () => {
  const headings = (path: string) =>
    [...read(path).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .replaceAll(' ', '-'),
    );

  it.each([...guides, ...READMES.filter((path) => existsSync(join(root, path)))])(
    'in %s lead somewhere',
    (guide) => {
      const links = [...read(guide).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
      const broken = links
        .filter((link) => !/^https?:/.test(link))
        .filter((link) => {
          const [path = '', heading] = link.split('#');
          const target = path === '' ? guide : join(dirname(guide), path);
          if (!existsSync(join(root, target))) return true;
          return heading !== undefined && !headings(target).includes(heading);
        });
      expect(broken).toEqual([]);
    },
  );
});

describe('docs/reliability.md', () => {
  it('names tests that exist', () => {
    const named = [...read('docs/reliability.md').matchAll(/^\|.*\| `([\w./-]+\.ts)` _(.+)_ +\|$/gm)];
    const missing = named.filter(
      ([, file = '', title = '']) => !read(`packages/${file}`).includes(`${quoted(title)},`),
    );
    expect(named.length).toBeGreaterThan(20);
    expect(missing.map(([, file, title]) => `${file}: ${title}`)).toEqual([]);
  });
});

/** A text as the formatter writes it in code. */
function quoted(text: string): string {
  return text.includes("'") ? `"${text}"` : `'${text}'`;
}

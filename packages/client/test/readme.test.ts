import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const folder = new URL('readme/', import.meta.url);

describe('the README', () => {
  it('shows examples that compile: each is a file of test/readme', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const shown = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code?.trim());
    const files = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'));
    // The first line of a file is for the linter.
    const compiled = files.map((text) => text.split('\n').slice(1).join('\n').trim());
    expect(shown.sort()).toEqual(compiled.sort());
  });
});

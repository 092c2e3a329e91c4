import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { sections } from '../../support/protocol-document.ts';

/** Headings that only hold others, and those that say nothing that a server or a client could do wrong. */
const WITHOUT_TEST = [
  'The Vitalwire protocol, version 1',
  'Terms',
  'Connection',
  'Message rules',
  'Messages',
  'Commands',
  'Signals',
  'Positions, resume and gaps',
  'HTTP endpoints',
  'Dialogues',
  'Versioning',
];

const described = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.test.ts'))
  .flatMap((file) => [
    ...readFileSync(`${import.meta.dirname}/${file}`, 'utf8').matchAll(/^describe\('(.*?)'/gm),
  ])
  .map(([, name = '']) => name);

it('has one describe for every heading of PROTOCOL.md, and none for another', () => {
  const headings = sections
    .map(({ heading }) => heading)
    .filter((heading) => !WITHOUT_TEST.includes(heading));
  expect([...described].sort()).toEqual([...headings].sort());
});

it('leaves out no heading that demands something', () => {
  const demanding = sections.filter(
    ({ heading, text }) => WITHOUT_TEST.includes(heading) && /\bMUST\b/.test(text),
  );
  expect(demanding.map(({ heading }) => heading)).toEqual(['The Vitalwire protocol, version 1']); // explains the word
});

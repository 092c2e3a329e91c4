import { describe, expect, it } from 'vitest';
import { catalogue, defineAnswer, publicationsOf } from '../src/index.ts';

describe('catalogue', () => {
  it('holds the five messages', () => {
    expect(catalogue.map(({ type }) => type)).toEqual([
      'connect',
      'recommendation_update',
      'effectiveness_update',
      'feedback_update',
      'pong',
    ]);
  });

  it('names types in a way that fits into a path', () => {
    for (const { type } of catalogue) expect(type).toMatch(/^[a-z][a-z0-9_]*$/);
  });

  it('explains every message in a sentence', () => {
    for (const { summary } of catalogue) expect(summary).toMatch(/^[A-Z].+\.$/);
  });
});

describe('publicationsOf', () => {
  it('leaves out what cannot be published', () => {
    const types = publicationsOf(catalogue).map(({ type }) => type);
    expect(types).toEqual(['recommendation_update', 'effectiveness_update', 'feedback_update']);
  });
});

describe('defineAnswer', () => {
  it('defines a message that cannot be published', () => {
    const { type, summary, data } = catalogue[0];
    expect(defineAnswer({ type, summary, data }).publish).toBeUndefined();
  });
});

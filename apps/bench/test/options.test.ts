import { describe, expect, it } from 'vitest';
import { parseOptions, UsageError } from '../src/options.ts';

const known = { scenarios: ['fan-out', 'storm'], out: 'results' };
const parse = (...args: string[]) => parseOptions(args, known);

describe('parseOptions', () => {
  it('measures everything unless told otherwise', () => {
    expect(parse()).toEqual({
      extent: 'all',
      scenarios: undefined,
      targets: undefined,
      rounds: 5,
      profile: false,
      out: 'results',
    });
  });

  it('takes names one by one or parted by commas, and keeps their order', () => {
    expect(parse('--scenario', 'storm,fan-out').scenarios).toEqual(['fan-out', 'storm']);
    expect(parse('--target', 'trpc', '--target=limit').targets).toEqual(['limit', 'trpc']);
    expect(parse('--scenario', 'storm').scenarios).toEqual(['storm']);
  });

  it('takes rounds and a folder', () => {
    expect(parse('--rounds', '7', '--out', 'here')).toMatchObject({ rounds: 7, out: 'here' });
    expect(parse('--quick')).toMatchObject({ extent: 'quick', rounds: 1 });
    expect(parse('--goals')).toMatchObject({ extent: 'goals', rounds: 3 });
    expect(parse('--profile')).toMatchObject({ profile: true });
    expect(parse('--quick', '--rounds', '2').rounds).toBe(2);
  });

  it.each([
    ['--fast', '--fast'],
    ['--scenario=fan', '--scenario fan is unknown'],
    ['--target=', '--target  is unknown'],
    ['--rounds=0', '--rounds 0'],
    ['--rounds=two', '--rounds two'],
    ['--quick=1', '--quick'],
    ['--goals --quick', '--goals and --quick'],
    ['storm', 'storm'],
  ])('refuses %s and names it', (arg, message) => {
    expect(() => parse(...arg.split(' '))).toThrow(UsageError);
    expect(() => parse(...arg.split(' '))).toThrow(message);
  });
});

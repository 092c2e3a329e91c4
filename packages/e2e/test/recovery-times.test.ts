import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const MAIN = join(import.meta.dirname, '../recovery-times/main.ts');

function recoveryTimes(...args: string[]) {
  const node = ['--conditions=@vitalwire/source', '--disable-warning=ExperimentalWarning', MAIN, ...args];
  return spawnSync(process.execPath, node, { encoding: 'utf8', timeout: 25_000 });
}

describe('npm run recovery-times', () => {
  it('gives the median and the worst time after a loss, when each client was given everything', () => {
    const { status, stdout, stderr } = recoveryTimes('--clients', '3', '--only', 'cut,expiry');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.match(/^\| .* \| 3 \| \d+\.\d\d \| \d+\.\d\d \|$/gm)).toHaveLength(2);
  });

  it.each([
    ['--clients', '0'],
    ['--only', 'rain'],
  ])('says how it is used when it is given %s %s', (...args) => {
    const { status, stderr } = recoveryTimes(...args);
    expect(status).toBe(2);
    expect(stderr).toContain('npm run recovery-times');
  });
});

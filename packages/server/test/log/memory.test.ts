import { describe, expect, it } from 'vitest';
import { OptionError } from '../../src/errors.ts';
import { memoryLog } from '../../src/log/memory.ts';
import { describeLogStore } from '../../src/testing/index.ts';

describeLogStore('memoryLog', (conditions) => ({ store: memoryLog(conditions) }));

describe('memoryLog', () => {
  it('refuses an option that it does not know, and names it', () => {
    const options = { retentoin: {} };
    expect(() => memoryLog(options as object)).toThrow(OptionError);
    expect(() => memoryLog(options as object)).toThrow(/option retentoin: is unknown/);
  });

  it('begins another epoch in every store', async () => {
    const [first, second] = [memoryLog(), memoryLog()];
    expect((await first.state(1)).epoch).not.toBe((await second.state(1)).epoch);
    await Promise.all([first.close(), second.close()]);
  });
});

import { describe, expect, it } from 'vitest';
import { Latencies } from '../../src/load/latencies.ts';
import { messageOf } from '../../src/message.ts';

function latenciesOf(micros: readonly number[]): Latencies {
  const latencies = new Latencies();
  for (const micro of micros) {
    const bytes = Buffer.from(JSON.stringify(messageOf(0, 1, 1_000_000)));
    latencies.add(bytes, 0, bytes.length, 1_000_000 + micro);
  }
  return latencies;
}

describe('Latencies', () => {
  it('takes the time from the stamp of the message, in milliseconds', () => {
    expect(latenciesOf([1_500]).summary()).toEqual({ p50: 1.5, p99: 1.5, max: 1.5 });
  });

  it('takes the least value that so many do not exceed', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => (100 - index) * 1_000);
    expect(latenciesOf(hundred).summary()).toEqual({ p50: 50, p99: 99, max: 100 });
  });

  it('does not pretend to have measured anything', () => {
    expect(() => new Latencies().summary()).toThrow('no latency');
    const latencies = new Latencies();
    latencies.add(Buffer.from('{}'), 0, 2, 5);
    expect(() => latencies.summary()).toThrow('no latency');
  });
});

import { describe, expect, it } from 'vitest';
import { Liveness } from '../src/liveness.ts';
import { DEFAULT_TIMING } from '../src/options.ts';

const { pingIntervalMs, pongTimeoutMs, receiptIntervalMs, stallTimeoutMs } = DEFAULT_TIMING;

function setUp() {
  return new Liveness(DEFAULT_TIMING, 0);
}

describe('Liveness', () => {
  it('asks for a ping when nothing was heard for the interval', () => {
    const liveness = setUp();
    expect(liveness.verdict(pingIntervalMs - 1, 0, 0)).toBe('fine');
    expect(liveness.verdict(pingIntervalMs, 0, 0)).toBe('ping');
    liveness.heard(pingIntervalMs);
    expect(liveness.verdict(2 * pingIntervalMs - 1, 0, 0)).toBe('fine');
  });

  it('finds a peer dead that leaves a ping unanswered, whatever else it says', () => {
    const liveness = setUp();
    liveness.pinged(0);
    liveness.heard(pongTimeoutMs - 1);
    expect(liveness.verdict(pongTimeoutMs - 1, 0, 0)).toBe('fine');
    expect(liveness.verdict(pongTimeoutMs, 0, 0)).toBe('dead');
  });

  it('finds a peer alive that answers', () => {
    const liveness = setUp();
    liveness.pinged(0);
    liveness.ponged(pongTimeoutMs - 1, 0);
    expect(liveness.verdict(pongTimeoutMs, 0, 0)).toBe('fine');
  });

  it('lets one proof be under way at a time, and not too often', () => {
    const liveness = setUp();
    expect(liveness.mayProve(0)).toBe(true);
    liveness.pinged(0);
    expect(liveness.mayProve(receiptIntervalMs)).toBe(false);
    liveness.ponged(1, 0);
    expect(liveness.mayProve(receiptIntervalMs - 1)).toBe(false);
    expect(liveness.mayProve(receiptIntervalMs)).toBe(true);
  });

  describe('when the peer has much to take', () => {
    it('is not cut for a late pong while it takes anything at all', () => {
      const liveness = setUp();
      liveness.pinged(0);
      for (let second = 1; second <= 200; second++) {
        expect(liveness.verdict(second * 1_000, 1_000_000, 1_000_000 - second)).toBe('fine');
      }
    });

    it('is stalled when it took nothing for the timeout', () => {
      const liveness = setUp();
      liveness.pinged(0);
      expect(liveness.verdict(1_000, 300_000, 200_000)).toBe('fine');
      expect(liveness.verdict(1_000 + stallTimeoutMs - 1, 300_000, 200_000)).toBe('fine');
      expect(liveness.verdict(1_000 + stallTimeoutMs, 300_000, 200_000)).toBe('stalled');
    });

    it('counts what is sent meanwhile as not taken', () => {
      const liveness = setUp();
      liveness.verdict(0, 100_000, 100_000);
      for (let second = 1; second < stallTimeoutMs / 1_000; second++) {
        expect(liveness.verdict(second * 1_000, 100_000 + second * 10, 100_000 + second * 10)).toBe('fine');
      }
      const sent = 100_000 + stallTimeoutMs / 100 - 10;
      expect(liveness.verdict(stallTimeoutMs, sent, sent)).toBe('stalled');
    });

    it('waits as long for what rests in the buffers of the network', () => {
      const liveness = setUp();
      liveness.pinged(0);
      expect(liveness.verdict(1_000, 1_000_000, 0)).toBe('fine');
      expect(liveness.verdict(pongTimeoutMs + 1_000, 1_000_000, 0)).toBe('fine');
      expect(liveness.verdict(1_000 + stallTimeoutMs, 1_000_000, 0)).toBe('stalled');
    });
  });
});

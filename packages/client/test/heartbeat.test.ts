import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { beat, type Heartbeat, startHeartbeat } from '../src/heartbeat.ts';

const settings = { intervalMs: 25_000, timeoutMs: 10_000 };

describe('beat', () => {
  it('waits for the rest of the interval after a frame', () => {
    expect(beat({ heardAt: 1_000, pings: 0, dueAt: 20_000 }, 20_000, settings)).toEqual({
      heardAt: 1_000,
      pings: 0,
      dueAt: 26_000,
    });
  });

  it('pings after an interval of silence', () => {
    expect(beat({ heardAt: 0, pings: 0, dueAt: 25_000 }, 25_000, settings)).toEqual({
      heardAt: 0,
      pings: 1,
      dueAt: 35_000,
    });
  });

  it('is dead when nothing follows a ping in time', () => {
    expect(beat({ heardAt: 0, pings: 1, dueAt: 35_000 }, 35_000, settings)).toBeUndefined();
    expect(beat({ heardAt: 0, pings: 1, dueAt: 35_000 }, 36_000, settings)).toBeUndefined();
  });

  it('pings once more, with the full wait, when its timer was held up', () => {
    const late = beat({ heardAt: 0, pings: 1, dueAt: 35_000 }, 3_600_000, settings);
    expect(late).toEqual({ heardAt: 0, pings: 2, dueAt: 3_610_000 });
  });

  it('is dead when the repeated ping is not answered either, however late the timer', () => {
    expect(beat({ heardAt: 0, pings: 2, dueAt: 45_000 }, 45_000, settings)).toBeUndefined();
    expect(beat({ heardAt: 0, pings: 2, dueAt: 45_000 }, 3_600_000, settings)).toBeUndefined();
  });

  it('pings when the clock was set back', () => {
    expect(beat({ heardAt: 50_000, pings: 0, dueAt: 75_000 }, 10_000, settings)).toEqual({
      heardAt: 50_000,
      pings: 1,
      dueAt: 20_000,
    });
  });
});

describe('a running heartbeat', () => {
  let log: string[];
  let heartbeat: Heartbeat;

  beforeEach(() => {
    vi.useFakeTimers();
    log = [];
    heartbeat = startHeartbeat(
      settings,
      (id = '') => log.push(`ping ${id}`.trim()),
      (doubted) => log.push(doubted ? 'dead, doubted' : 'dead'),
    );
  });

  afterEach(() => {
    heartbeat.stop();
    vi.useRealTimers();
  });

  it('asks at once, and ends a connection that never answers', () => {
    expect(log).toEqual(['ping']);
    vi.advanceTimersByTime(60_000);
    expect(log).toEqual(['ping', 'dead']);
  });

  it('pings only after silence', () => {
    for (let i = 0; i < 12; i++) {
      heartbeat.heard();
      vi.advanceTimersByTime(5_000);
    }
    expect(log).toEqual(['ping']);
    vi.advanceTimersByTime(25_000);
    expect(log).toEqual(['ping', 'ping']);
  });

  it('counts any frame as an answer', () => {
    heartbeat.heard();
    vi.advanceTimersByTime(34_000);
    heartbeat.heard();
    vi.advanceTimersByTime(20_000);
    expect(log).not.toContain('dead');
  });

  it('says that a connection is dead once', () => {
    vi.advanceTimersByTime(600_000);
    expect(log).toEqual(['ping', 'dead']);
  });

  it('leaves no timer behind when it is stopped', () => {
    heartbeat.doubt(1_000);
    heartbeat.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  describe('in doubt', () => {
    beforeEach(() => {
      heartbeat.heard();
      log = [];
      heartbeat.doubt(1_000);
    });

    it('ends the connection after the short wait', () => {
      vi.advanceTimersByTime(999);
      expect(log).toEqual(['ping wake 1']);
      vi.advanceTimersByTime(1);
      expect(log).toEqual(['ping wake 1', 'dead, doubted']);
    });

    it('is convinced by the answer to its ping', () => {
      heartbeat.heard('wake 1');
      vi.advanceTimersByTime(24_000);
      expect(log).toEqual(['ping wake 1']);
    });

    it.each([undefined, 7])('is not convinced by what may have been on its way before: %s', (pong) => {
      heartbeat.heard(pong);
      vi.advanceTimersByTime(1_000);
      expect(log).toEqual(['ping wake 1', 'dead, doubted']);
    });

    it('asks once for signs that come together, and allows no more time', () => {
      vi.advanceTimersByTime(600);
      heartbeat.doubt(1_000);
      vi.advanceTimersByTime(400);
      expect(log).toEqual(['ping wake 1', 'dead, doubted']);
    });

    it('asks anew when the device slept again, and an earlier answer counts no longer', () => {
      vi.setSystemTime(Date.now() + 60_000);
      heartbeat.doubt(1_000);
      heartbeat.heard('wake 1');
      vi.advanceTimersByTime(1_000);
      expect(log).toEqual(['ping wake 1', 'ping wake 2', 'dead, doubted']);
    });

    it('repeats its ping once, with the short wait again, when its timer was held up', () => {
      vi.setSystemTime(Date.now() + 60_000);
      vi.advanceTimersByTime(1_000);
      expect(log).toEqual(['ping wake 1', 'ping wake 1']);
      vi.advanceTimersByTime(1_000);
      expect(log).toEqual(['ping wake 1', 'ping wake 1', 'dead, doubted']);
    });

    it('repeats its ping also when a busy page held up its timer a little, since the answer may be there unread', () => {
      vi.advanceTimersByTime(500);
      vi.setSystemTime(Date.now() + 150);
      vi.advanceTimersByTime(500);
      expect(log).toEqual(['ping wake 1', 'ping wake 1']);
      heartbeat.heard('wake 1');
      vi.advanceTimersByTime(1_000);
      expect(log).toEqual(['ping wake 1', 'ping wake 1']);
    });

    it('waits as long as ever when the doubt is over', () => {
      heartbeat.heard('wake 1');
      vi.advanceTimersByTime(34_999);
      expect(log).toEqual(['ping wake 1', 'ping']);
      vi.advanceTimersByTime(1);
      expect(log).toEqual(['ping wake 1', 'ping', 'dead']);
    });
  });
});

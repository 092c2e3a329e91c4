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
      () => log.push('ping'),
      () => log.push('dead'),
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

  it('ends a doubted connection after the short wait', () => {
    heartbeat.heard();
    heartbeat.doubt(2_000);
    vi.advanceTimersByTime(1_999);
    expect(log).toEqual(['ping', 'ping']);
    vi.advanceTimersByTime(1);
    expect(log).toEqual(['ping', 'ping', 'dead']);
  });

  it('says that a connection is dead once', () => {
    vi.advanceTimersByTime(600_000);
    expect(log).toEqual(['ping', 'dead']);
  });

  it('leaves no timer behind when it is stopped', () => {
    heartbeat.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});

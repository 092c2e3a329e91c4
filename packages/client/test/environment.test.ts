import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { deviceEnvironment } from '../src/environment.ts';

const aside = (type: string, persisted: boolean) => Object.assign(new Event(type), { persisted });

let heard: string[];
let stops: (() => void)[];

/** Listens to both, in whatever there is. */
function listen(): void {
  heard = [];
  stops = [
    deviceEnvironment.onWake(() => heard.push('wake')),
    deviceEnvironment.onSleep?.(() => heard.push('sleep')) ?? (() => {}),
  ];
}

function stop(): void {
  for (const one of stops) one();
}

describe('in a browser', () => {
  let page: { hidden: boolean };
  let browser: EventTarget;

  beforeEach(() => {
    page = { hidden: false };
    browser = new EventTarget();
    vi.stubGlobal('document', page);
    vi.stubGlobal('addEventListener', browser.addEventListener.bind(browser));
    listen();
  });

  afterEach(() => {
    stop();
    vi.unstubAllGlobals();
  });

  it.each(['online', 'offline', 'visibilitychange'])('wakes on %s of the window', (type) => {
    browser.dispatchEvent(new Event(type));
    expect(heard).toEqual(['wake']);
  });

  it('sleeps on freeze, and wakes on resume', () => {
    browser.dispatchEvent(new Event('freeze'));
    browser.dispatchEvent(new Event('resume'));
    expect(heard).toEqual(['sleep', 'wake']);
  });

  it('sleeps when the page is put aside to be shown again, and wakes when it is', () => {
    browser.dispatchEvent(aside('pagehide', true));
    browser.dispatchEvent(aside('pageshow', true));
    expect(heard).toEqual(['sleep', 'wake']);
  });

  it('takes no notice of a page that is loaded or left', () => {
    browser.dispatchEvent(aside('pagehide', false));
    browser.dispatchEvent(aside('pageshow', false));
    expect(heard).toEqual([]);
  });

  it('does not wake when the page is hidden, but when its network comes back meanwhile', () => {
    page.hidden = true;
    browser.dispatchEvent(new Event('visibilitychange'));
    expect(heard).toEqual([]);
    browser.dispatchEvent(new Event('online'));
    expect(heard).toEqual(['wake']);
  });

  it('listens no longer when it is stopped', () => {
    stop();
    for (const type of ['online', 'resume', 'freeze', 'visibilitychange']) {
      browser.dispatchEvent(new Event(type));
    }
    expect(heard).toEqual([]);
  });
});

describe('everywhere', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    listen();
  });

  afterEach(() => {
    stop();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('wakes within half a second when the clock went on without it', () => {
    vi.advanceTimersByTime(60_000);
    vi.setSystemTime(Date.now() + 20_000);
    expect(heard).toEqual([]);
    vi.advanceTimersByTime(500);
    expect(heard).toEqual(['wake']);
    vi.advanceTimersByTime(60_000);
    expect(heard).toEqual(['wake']);
  });

  it('takes no notice of a busy second, nor of a clock that is set back', () => {
    vi.setSystemTime(Date.now() + 1_500);
    vi.advanceTimersByTime(500);
    vi.setSystemTime(Date.now() - 3_600_000);
    vi.advanceTimersByTime(60_000);
    expect(heard).toEqual([]);
  });
});

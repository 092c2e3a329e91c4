import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { browserEnvironment } from '../src/environment.ts';

describe('the browser environment', () => {
  let page: EventTarget & { hidden: boolean };
  let browser: EventTarget;
  let woken: number;
  let stop: () => void;

  beforeEach(() => {
    page = Object.assign(new EventTarget(), { hidden: false });
    browser = new EventTarget();
    vi.stubGlobal('document', page);
    vi.stubGlobal('addEventListener', browser.addEventListener.bind(browser));
    woken = 0;
    stop = browserEnvironment.onWake(() => woken++);
  });

  afterEach(() => vi.unstubAllGlobals());

  it.each(['online', 'pageshow', 'visibilitychange'])('wakes on %s of the window', (type) => {
    browser.dispatchEvent(new Event(type));
    expect(woken).toBe(1);
  });

  it('wakes on resume of the document', () => {
    page.dispatchEvent(new Event('resume'));
    expect(woken).toBe(1);
  });

  it('sleeps on while the page is hidden', () => {
    page.hidden = true;
    browser.dispatchEvent(new Event('visibilitychange'));
    expect(woken).toBe(0);
  });

  it('listens no longer when it is stopped', () => {
    stop();
    browser.dispatchEvent(new Event('online'));
    page.dispatchEvent(new Event('resume'));
    expect(woken).toBe(0);
  });
});

describe('where there is no browser', () => {
  it('never wakes and does no harm', () => {
    expect(() => browserEnvironment.onWake(() => {})()).not.toThrow();
  });
});

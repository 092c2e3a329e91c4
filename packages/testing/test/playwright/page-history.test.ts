import { describe, expect, it } from 'vitest';
import type { ClientEvent } from '../../src/playwright/page-events.ts';
import { PageHistory } from '../../src/playwright/page-history.ts';

/** A page that reports to a history. */
class ReportingPage {
  readonly history: PageHistory;
  readonly page: string;

  constructor(history = new PageHistory(), page = 'page 1', inFrame = false) {
    this.history = history;
    this.page = page;
    history.add({ kind: 'shown', page, inFrame });
  }

  handler(handler: string, onState = false): (offset: number, outcome?: 'failed') => void {
    this.history.add({ kind: 'handler', page: this.page, handler });
    return (offset, outcome) =>
      this.history.add({
        onState,
        kind: 'handled',
        page: this.page,
        handler,
        failed: outcome === 'failed',
        publication: {
          type: 'feedback_update',
          diagnosis_id: 1,
          epoch: 'e',
          offset,
          data: {},
          recovered: false,
        },
      });
  }

  state(name: string, more: object = {}, subscription = 'subscription 1'): void {
    const state = { name, ...more };
    this.history.add({ kind: 'state', page: this.page, subscription, diagnosisId: 1, state } as ClientEvent);
  }

  get entries() {
    return this.history.received.map(({ offset, again, failed }) => [
      offset,
      ...(again ? ['again'] : []),
      ...(failed ? ['failed'] : []),
    ]);
  }
}

describe('the history of a page', () => {
  it('shows once what several handlers are given', () => {
    const page = new ReportingPage();
    const [first, second] = [page.handler('a'), page.handler('b')];
    for (const offset of [1, 2]) for (const handle of [first, second]) handle(offset);
    expect(page.entries).toEqual([[1], [2]]);
  });

  it('shows what one handler is given twice', () => {
    const page = new ReportingPage();
    const handle = page.handler('a');
    for (const offset of [1, 2, 1]) handle(offset);
    expect(page.entries).toEqual([[1], [2], [1, 'again']]);
  });

  it('shows what a handler is given that came after it was handled', () => {
    const page = new ReportingPage();
    page.handler('a')(1);
    const late = page.handler('b');
    for (const offset of [1, 2]) late(offset);
    expect(page.entries).toEqual([[1], [1, 'again'], [2]]);
  });

  it('shows what is given again after a reload', () => {
    const page = new ReportingPage();
    page.handler('a')(1);
    const reloaded = new ReportingPage(page.history, 'page 2');
    const handle = reloaded.handler('b');
    for (const offset of [1, 2]) handle(offset);
    expect(reloaded.entries).toEqual([[1], [1, 'again'], [2]]);
  });

  it('shows failures, until the publication was handled', () => {
    const page = new ReportingPage();
    const [first, second] = [page.handler('a'), page.handler('b')];
    first(1, 'failed');
    first(1, 'failed');
    expect(page.entries).toEqual([[1, 'failed']]);
    first(1);
    expect(page.entries).toEqual([[1]]);
    second(1, 'failed');
    expect(page.entries).toEqual([[1, 'failed']]);
    second(1);
    expect(page.entries).toEqual([[1]]);
    second(1);
    expect(page.entries).toEqual([[1], [1, 'again']]);
  });

  it('takes for no repetition what nobody handled before a reload', () => {
    const page = new ReportingPage();
    page.handler('a')(1, 'failed');
    const reloaded = new ReportingPage(page.history, 'page 2');
    reloaded.handler('b')(1);
    expect(reloaded.entries).toEqual([[1]]);
  });

  it('takes what comes on top of a state that is loaded anew for no repetition', () => {
    const page = new ReportingPage();
    const first = page.handler('a 1', true);
    first(1);
    first(2);
    const reloaded = new ReportingPage(page.history, 'page 2');
    const later = reloaded.handler('b 1', true);
    later(2);
    later(3);
    expect(reloaded.entries).toEqual([[1], [2], [3]]);
    // On top of the same state it is one.
    later(3);
    expect(reloaded.entries).toEqual([[1], [2], [3], [3, 'again']]);
    // And it would be one to a handler that has no state.
    reloaded.handler('c')(1);
    expect(reloaded.entries.at(-1)).toEqual([1, 'again']);
  });

  it.each(['recovery', 'continuity'])('knows each beginning of a subscription by its %s', (name) => {
    const page = new ReportingPage();
    const handle = page.handler('a');
    const fresh = { [name]: { status: 'fresh', count: 1 } };
    const gap = { [name]: { status: 'gap', reason: 'retention', count: 0 } };
    page.state('connecting');
    page.state('catching_up', fresh);
    handle(1);
    page.state('live', fresh);
    page.state('waiting', { retryAt: 5 });
    page.state('live', fresh);
    page.state('live', gap);
    expect(page.history.beginnings).toMatchObject([
      { status: 'fresh', count: 1, after: 0 },
      { status: 'fresh', after: 1 },
      { status: 'gap', reason: 'retention' },
    ]);
  });

  it('knows how each of several subscriptions began last', () => {
    const page = new ReportingPage();
    const continuity = (status: string, count: number) => ({ continuity: { status, count } });
    page.state('catching_up', continuity('recovered', 3));
    page.state('live', continuity('live', 0), 'subscription 2');
    page.state('live', continuity('recovered', 3));
    page.state('waiting', { retryAt: 5 });
    page.state('live', continuity('live', 0), 'subscription 3');
    const statuses = () => page.history.subscriptions.map(({ beginning }) => beginning?.status);
    expect(statuses()).toEqual(['recovered', 'live', 'live']);
    page.state('live', continuity('live', 0));
    expect(statuses()).toEqual(['live', 'live', 'live']);
  });

  it('has the subscriptions of the page that is shown, and of its frames, that were not ended', () => {
    const page = new ReportingPage();
    page.state('live');
    page.state('stopped', { reason: 'unsubscribed' }, 'subscription 2');
    page.state('stopped', { reason: 'access_denied' }, 'subscription 3');
    const frame = new ReportingPage(page.history, 'frame 1', true);
    frame.state('connecting', {}, 'subscription 4');
    const names = () => page.history.subscriptions.map(({ state }) => state.name);
    expect(names()).toEqual(['live', 'stopped', 'connecting']);
    new ReportingPage(page.history, 'page 2');
    expect(names()).toEqual([]);
    // Back from the back/forward cache.
    new ReportingPage(page.history, 'page 1');
    expect(names()).toEqual(['live', 'stopped']);
  });
});

import type { BrowserContext, Page } from '@playwright/test';
import { type ObserverOptions, observeClients } from './observer.ts';
import type { ClientEvent } from './page-events.ts';
import { PageHistory } from './page-history.ts';

const BINDING = '__vitalwireObserved';

const histories = new WeakMap<Page, PageHistory>();
const observed = new WeakSet<BrowserContext>();

/** Observes the clients of every page that is opened in a context from now on. */
export async function observeContext(
  context: BrowserContext,
  redirect?: ObserverOptions['redirect'],
): Promise<void> {
  if (observed.has(context)) return;
  observed.add(context);
  await context.exposeBinding(BINDING, ({ page }, event: ClientEvent) => historyIn(page).add(event));
  await context.addInitScript(observeClients, { binding: BINDING, redirect });
}

/**
 * What the handlers of a page were given.
 *
 * @throws {Error} when the page is not observed.
 */
export function historyOf(page: Page): PageHistory {
  if (!observed.has(page.context())) {
    throw new Error('this page is not observed: open it by the fixtures `page`, `context` or `newPage`');
  }
  return historyIn(page);
}

function historyIn(page: Page): PageHistory {
  const history = histories.get(page) ?? new PageHistory();
  histories.set(page, history);
  return history;
}

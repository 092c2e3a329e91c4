import { type Browser, type CDPSession, expect } from '@playwright/test';

/**
 * A page without Playwright, which makes its pages believe that they are always visible. It can be hidden and frozen as
 * tabs of users are.
 */
export class UnwatchedPage {
  readonly #devtools: CDPSession;
  readonly #targetId: string;
  readonly #sessionId: string;
  readonly #answers = new Map<number, (answer: Answer) => void>();
  #last = 0;
  #closed = false;

  private constructor(devtools: CDPSession, targetId: string, sessionId: string) {
    this.#devtools = devtools;
    this.#targetId = targetId;
    this.#sessionId = sessionId;
    devtools.on('Target.receivedMessageFromTarget', (event) => {
      if (event.sessionId !== sessionId) return;
      const answer = JSON.parse(event.message) as Answer & { id?: number };
      if (answer.id !== undefined) this.#answers.get(answer.id)?.(answer);
    });
  }

  static async open(browser: Browser, url: string): Promise<UnwatchedPage> {
    const devtools = await browser.newBrowserCDPSession();
    const { targetId } = await devtools.send('Target.createTarget', { url });
    const { sessionId } = await devtools.send('Target.attachToTarget', { targetId, flatten: false });
    const page = new UnwatchedPage(devtools, targetId, sessionId);
    // On its way from the empty page to this one it has no context to evaluate anything in.
    const loaded = `location.href !== 'about:blank' && document.readyState === 'complete'`;
    await expect.poll(() => page.evaluate(loaded).catch(() => false), { timeout: 15_000 }).toBe(true);
    return page;
  }

  /** Hides it, as a user who looks at another tab does. */
  async hide(): Promise<void> {
    await this.#devtools.send('Target.createTarget', { url: 'about:blank' });
  }

  /** Shows it again. */
  async show(): Promise<void> {
    await this.#devtools.send('Target.activateTarget', { targetId: this.#targetId });
  }

  /** A hidden page stops, as browsers let it to save power. */
  async freeze(): Promise<void> {
    await this.#send('Page.setWebLifecycleState', { state: 'frozen' });
  }

  async resume(): Promise<void> {
    await this.#send('Page.setWebLifecycleState', { state: 'active' });
  }

  /** The value of an expression, awaited when it is a promise. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result } = await this.#send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    const { value, subtype, description } = (result as { result: Value }).result;
    if (subtype === 'error') throw new Error(description);
    return value as T;
  }

  /** Ends its process, without a word. */
  async crash(): Promise<void> {
    // There is nobody left to answer.
    void this.#send('Page.crash', {});
    await new Promise((resolve) => setTimeout(resolve, 50));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#devtools.send('Target.closeTarget', { targetId: this.#targetId });
    await this.#devtools.detach();
  }

  async #send(method: string, params: object): Promise<Answer> {
    const id = ++this.#last;
    const answer = new Promise<Answer>((resolve) => this.#answers.set(id, resolve));
    const message = JSON.stringify({ id, method, params });
    await this.#devtools.send('Target.sendMessageToTarget', { message, sessionId: this.#sessionId });
    const { error, ...rest } = await answer;
    if (error) throw new Error(`${method}: ${error.message}`);
    return rest;
  }
}

interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

interface Value {
  readonly value?: unknown;
  readonly subtype?: string;
  readonly description?: string;
}

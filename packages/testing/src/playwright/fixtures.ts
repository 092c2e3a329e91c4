import {
  type BrowserContextOptions,
  test as base,
  type Page,
  type PlaywrightTestArgs,
  type PlaywrightTestOptions,
  type PlaywrightWorkerArgs,
  type PlaywrightWorkerOptions,
  type TestType,
} from '@playwright/test';
import { type Catalogue, type StandardCatalogue, catalogue as standardCatalogue } from '@vitalwire/protocol';
import { Network } from '../network/network.ts';
import type { Publish } from '../publish/publish.ts';
import { createPublish } from '../publish/publish-by-http.ts';
import { type ApplicationOptions, startApplication } from '../subject/application.ts';
import { type ExistingServerOptions, existingServer } from '../subject/existing-server.ts';
import { type OwnServerOptions, startOwnServer } from '../subject/own-server.ts';
import type { Subject } from '../subject/subject.ts';
import type { TokenContent } from '../tokens.ts';
import { observeContext } from './observed-context.ts';
import { TestedServer } from './tested-server.ts';

/** What the server of a test is: one of its own, one that runs already, or an application with one inside. */
export type ServerOptions = (OwnServerOptions | ExistingServerOptions | ApplicationOptions) & {
  /**
   * Pages connect to the server of the test instead of every address that begins with this, such as
   * `wss://api.example.com/ws`: so a page can be tested as it is deployed.
   */
  insteadOf?: string;
};

/** The fixtures of a test. */
export interface Fixtures<C extends Catalogue = StandardCatalogue> {
  /** What the server is. @default one of the test's own */
  serverOptions: ServerOptions;
  /** The server of this test, and what may happen to it. */
  server: TestedServer;
  /** The network between pages and the server, and what may happen to it. The test itself reaches the server directly. */
  network: Network;
  /** Publishes as a backend does, with valid values for what is left out. */
  publish: Publish<C>;
  /** A token of a user, who owns these diagnoses. */
  tokenFor: (userId: string, content?: Omit<TokenContent, 'sub' | 'secret' | 'nowMs'>) => Promise<string>;
  /** Opens a page in a browser context of its own: another user, or another device. It is closed with the test. */
  newPage: (options?: BrowserContextOptions) => Promise<Page>;
}

/** A `test` with these fixtures besides Playwright's. */
export type VitalwireTest<C extends Catalogue = StandardCatalogue> = TestType<
  PlaywrightTestArgs & PlaywrightTestOptions & Fixtures<C>,
  PlaywrightWorkerArgs & PlaywrightWorkerOptions
>;

/** Fixtures that others are made of. */
interface Inner {
  subject: Subject;
  networkBefore: Network | undefined;
}

/** A `test` with these fixtures, for a catalogue of one's own. */
export function createTest<C extends Catalogue>(catalogue: C): VitalwireTest<C> {
  return base.extend<Fixtures<C> & Inner>({
    serverOptions: [{}, { option: true }],

    subject: async ({ serverOptions: { insteadOf: _, ...options } }, use) => {
      await using subject = await start(options);
      await use(subject);
    },

    networkBefore: async ({ subject }, use) => {
      await using network = isHere(subject.url) ? await Network.before(subject.url) : undefined;
      await use(network);
    },

    network: async ({ networkBefore, subject }, use) => {
      await use(networkBefore ?? (await Network.before(subject.url)));
    },

    server: async ({ subject, networkBefore }, use) => {
      await use(new TestedServer(subject, networkBefore));
    },

    publish: async ({ subject }, use) => {
      const getToken = () => subject.token({ sub: 'backend', scope: 'broadcast' });
      const { url } = subject;
      await use(createPublish(catalogue, { url, getToken }));
    },

    tokenFor: async ({ subject }, use) => {
      await use((userId, content) => subject.token({ ...content, sub: userId }));
    },

    context: async ({ context, serverOptions, server }, use) => {
      await observeContext(context, redirectTo(server, serverOptions));
      await use(context);
    },

    newPage: async ({ browser, serverOptions, server }, use) => {
      const opened: Page[] = [];
      await use(async (options) => {
        const context = await browser.newContext(options);
        await observeContext(context, redirectTo(server, serverOptions));
        const page = await context.newPage();
        opened.push(page);
        return page;
      });
      for (const page of opened) await page.context().close();
    },
  });
}

/** Playwright's `test` with the fixtures of this package. */
export const test = createTest(standardCatalogue);

function start(
  options: OwnServerOptions | ExistingServerOptions | ApplicationOptions,
): Promise<Subject> | Subject {
  if ('url' in options) return existingServer(options);
  if ('command' in options) return startApplication(options);
  return startOwnServer(options);
}

function isHere(url: string): boolean {
  return /^http:\/\/(127\.0\.0\.1|localhost)[:/]/.test(`${url}/`);
}

function redirectTo(server: TestedServer, { insteadOf }: ServerOptions) {
  return insteadOf === undefined ? undefined : { from: insteadOf, to: server.webSocketUrl };
}

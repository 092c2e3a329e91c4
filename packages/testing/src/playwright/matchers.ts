import { expect as base, type ExpectMatcherState, type Page } from '@playwright/test';
import type { GapReason } from '@vitalwire/protocol';
import type { Published } from '../publish/publish.ts';
import { historyOf } from './observed-context.ts';
import type { Beginning, PageHistory } from './page-history.ts';
import { sideBySide, situation } from './side-by-side.ts';
import { verdictOn } from './verdict.ts';

/** What every assertion may be told. */
export interface AssertionOptions {
  /** How long to wait, in milliseconds. @default as for `expect` */
  timeout?: number;
}

/** An assertion about one diagnosis, or any. */
export interface DiagnosisOptions extends AssertionOptions {
  /** @default any diagnosis; for `toBeLive` every one */
  diagnosisId?: number;
}

interface Judgement {
  readonly pass: boolean;
  /** Waiting cannot change it. */
  readonly final?: boolean;
  /** What there is instead. */
  tell(): string;
}

/** Assertions about what the handlers of a page were given. They wait, and say what there was instead. */
export const expect = base.extend({
  /** Each of these was handled, once, with its data, in this order for each diagnosis. Others may have been as well. */
  toHaveReceived(page: Page, published: readonly Published[], options: AssertionOptions = {}) {
    return settle(this, 'toHaveReceived', page, options, judgeReceived(published, false));
  },

  /** These were handled and nothing else since the page was opened, each once, with its data, in this order for each diagnosis. */
  toHaveReceivedExactly(page: Page, published: readonly Published[], options: AssertionOptions = {}) {
    return settle(this, 'toHaveReceivedExactly', page, options, judgeReceived(published, true));
  },

  /** The page subscribes, and every subscription is live: handlers were given all that was there when it began. */
  toBeLive(page: Page, options: DiagnosisOptions = {}) {
    return settle(this, 'toBeLive', page, options, (history) => {
      const all = history.subscriptions.filter((one) => isWanted(one, options));
      return {
        pass: all.length > 0 && all.every(({ state }) => state.name === 'live'),
        tell: () => situation(history),
      };
    });
  },

  /**
   * The last time that a subscription began, everything missed was supplied: it was told so, and handlers were given as
   * many. Of several subscriptions of a diagnosis one is enough: another may have begun with a state that contains it all.
   */
  toHaveRecovered(page: Page, options: DiagnosisOptions & { count?: number } = {}) {
    return settle(this, 'toHaveRecovered', page, options, (history) => {
      const all = history.subscriptions.filter((one) => isWanted(one, options));
      const given = all.map(({ beginning }) => (beginning ? recoveredSince(history, beginning) : 0));
      const isCount = (count: number) => (options.count === undefined ? count > 0 : count === options.count);
      return {
        pass: all.some(({ beginning }, index) => {
          const count = given[index] ?? 0;
          return beginning?.status === 'recovered' && beginning.count === count && isCount(count);
        }),
        tell: () =>
          `handlers were given ${given.join(', ') || 0} recovered publications since\n${situation(history)}`,
      };
    });
  },

  /** It was told of a gap, with this reason, since the page was opened. */
  toHaveGap(page: Page, options: DiagnosisOptions & { reason?: GapReason } = {}) {
    return settle(this, 'toHaveGap', page, options, (history) => ({
      pass: history.beginnings.some(
        (one) =>
          one.status === 'gap' &&
          isWanted(one, options) &&
          (options.reason === undefined || one.reason === options.reason),
      ),
      tell: () => situation(history),
    }));
  },
});

function judgeReceived(published: readonly Published[], exactly: boolean) {
  return (history: PageHistory): Judgement => {
    const verdict = verdictOn(history, published, exactly);
    return { ...verdict, tell: () => sideBySide(verdict, history) };
  };
}

function recoveredSince({ received }: PageHistory, { diagnosisId, after }: Beginning): number {
  return received
    .slice(after)
    .filter((one) => one.diagnosis_id === diagnosisId && one.recovered && !one.failed).length;
}

function isWanted(one: { diagnosisId: number }, { diagnosisId }: DiagnosisOptions): boolean {
  return diagnosisId === undefined || one.diagnosisId === diagnosisId;
}

/** Judges after every event until it is as expected, or cannot become so any more. */
async function settle(
  { isNot, timeout: usual }: ExpectMatcherState,
  name: string,
  page: Page,
  options: AssertionOptions,
  judge: (history: PageHistory) => Judgement,
) {
  const history = historyOf(page);
  const timeout = options.timeout ?? usual;
  const { pass, final, tell } = await judgedWithin(timeout, history, () => {
    const judgement = judge(history);
    return { judgement, settled: judgement.pass !== isNot || (judgement.final === true && !isNot) };
  });
  const given = Object.entries(options).map(([option, value]) => `${option}: ${JSON.stringify(value)}`);
  const call = `${isNot ? '.not' : ''}.${name}(${given.length > 0 ? `{ ${given.join(', ')} }` : ''})`;
  const waited = final && !isNot ? 'waiting longer cannot help' : `waited ${timeout} ms`;
  return { pass, name, message: () => `expect(page)${call}: ${waited}\n\n${tell()}\n` };
}

/** The first judgement that is settled, or the last one within the time. */
function judgedWithin(
  timeoutMs: number,
  history: PageHistory,
  look: () => { judgement: Judgement; settled: boolean },
): Promise<Judgement> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    let stop = () => {};
    const end = (settle: () => void) => {
      clearTimeout(timer);
      stop();
      settle();
    };
    const lookAgain = () => {
      try {
        const { judgement, settled } = look();
        if (settled) end(() => resolve(judgement));
      } catch (error) {
        end(() => reject(error));
      }
    };
    stop = history.onEvent(lookAgain);
    timer = setTimeout(() => end(() => resolve(look().judgement)), timeoutMs);
    lookAgain();
  });
}

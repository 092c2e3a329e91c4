import type { Topic } from '../log/log-store.ts';
import type { FaultCount } from './faults.ts';

/** What a run has to show before it proves anything. A run that shows less is invalid, not held. */
export interface Guards {
  /** Least number of acknowledged publications. @default 1_000 */
  readonly acknowledged: number;
  /** The same while faults were under way; asked for only if there were faults. @default 100 */
  readonly acknowledgedDuringFaults: number;
  /** Least number of attempts to publish without a verdict. @default 0 */
  readonly unknown: number;
  /** Least number of faults that did something. @default 1 */
  readonly faults: number;
  /** Least number of deliveries of what was published before the subscription began. @default 1 */
  readonly recovered: number;
  /** Least number of live deliveries. @default 1 */
  readonly live: number;
  /** Most delay of a recording process's event loop, at the 99th percentile of its samples. @default 100 */
  readonly loopDelayMs: number;
  /** Least share of the rate that the run was meant to publish at. @default 0.8 */
  readonly rateShare: number;
}

export const DEFAULT_GUARDS: Guards = {
  acknowledged: 1_000,
  acknowledgedDuringFaults: 100,
  unknown: 0,
  faults: 1,
  recovered: 1,
  live: 1,
  loopDelayMs: 100,
  rateShare: 0.8,
};

/** What a run showed. */
export interface Shown {
  readonly acknowledged: number;
  readonly acknowledgedDuringFaults: number;
  readonly unknownAttempts: number;
  readonly faults: Readonly<Record<string, FaultCount>>;
  readonly recovered: number;
  readonly live: number;
  readonly loopDelayMs: number;
  /** Publications a second, as meant and as begun; absent when nothing was meant. */
  readonly rate: { readonly meant: number; readonly begun: number } | undefined;
  readonly settled: boolean;
  /** Topics whose log was not read in the end. */
  readonly unread: readonly Topic[];
  /** What no recorder may write. */
  readonly flaw: string | undefined;
}

/** Why a run proves nothing; empty when it does. */
export function reasonsAgainst(shown: Shown, guards: Guards): string[] {
  const faults = Object.entries(shown.faults);
  const effective = faults.reduce((sum, [, count]) => sum + count.effective, 0);
  const atLeast = (name: string, value: number, least: number) =>
    value < least ? [`${name}: ${value}, and at least ${least} are needed`] : [];
  return [
    ...(shown.flaw === undefined ? [] : [`the history cannot be true: ${shown.flaw}`]),
    ...(shown.settled ? [] : ['the run was not settled: nothing says by when deliveries were owed']),
    ...shown.unread.map((topic) => `the log of topic ${topic} was not read in the end`),
    ...atLeast('acknowledged publications', shown.acknowledged, guards.acknowledged),
    ...(faults.length === 0
      ? []
      : atLeast(
          'acknowledged during faults',
          shown.acknowledgedDuringFaults,
          guards.acknowledgedDuringFaults,
        )),
    ...atLeast('attempts without a verdict', shown.unknownAttempts, guards.unknown),
    ...atLeast('faults that did something', effective, guards.faults),
    ...faults.filter(([, count]) => count.effective === 0).map(([fault]) => `${fault} never had an effect`),
    ...atLeast('recovered deliveries', shown.recovered, guards.recovered),
    ...atLeast('live deliveries', shown.live, guards.live),
    ...(shown.loopDelayMs > guards.loopDelayMs
      ? [
          `the recording process was ${Math.round(shown.loopDelayMs)} ms late itself (99th percentile), at most ${guards.loopDelayMs} are allowed`,
        ]
      : []),
    ...(shown.rate && shown.rate.begun < guards.rateShare * shown.rate.meant
      ? [`published ${shown.rate.begun.toFixed(1)} a second instead of ${shown.rate.meant}`]
      : []),
  ];
}

import type { GapReason } from '@vitalwire/protocol';
import type { FaultCount } from './faults.ts';
import type { Liveness } from './liveness.ts';
import type { Outcomes } from './publications.ts';
import type { Violation, ViolationKind } from './violations.ts';

/** How much happened in a run. */
export interface Counts {
  readonly events: number;
  readonly seconds: number;
  readonly topics: number;
  readonly subscriptions: number;
  /** Requests to publish, repeated ones too. */
  readonly attempts: number;
  readonly publications: Outcomes;
  readonly acknowledgedDuringFaults: number;
  readonly deliveries: number;
  /** Of those, what was published before the subscription began. */
  readonly recoveredDeliveries: number;
  /** Of those, what came again after a cut, as it may to plain subscribers. */
  readonly repeatedDeliveries: number;
  /** Answers to subscribes, by status. */
  readonly connects: Readonly<Record<'fresh' | 'recovered' | 'gap', number>>;
  readonly gaps: Readonly<Partial<Record<GapReason, number>>>;
  readonly faults: Readonly<Record<string, FaultCount>>;
}

/** What a history proves. */
export interface Report {
  /** `held`: nothing was found wrong. `violated`: something was. `invalid`: too little happened to prove anything. */
  readonly verdict: 'held' | 'violated' | 'invalid';
  /** Why the run proves nothing, one sentence each. */
  readonly invalid: readonly string[];
  /** The first of each kind. */
  readonly violations: readonly Violation[];
  /** All of them, by kind. */
  readonly violationCounts: Readonly<Partial<Record<ViolationKind, number>>>;
  readonly counts: Counts;
  readonly liveness: Liveness;
  /** What may be claimed, with the number of trials and the bound that follows from it. */
  readonly claim: string;
  readonly seed: number | undefined;
  /** Versions, log store, number of nodes …, as the run said. */
  readonly about: Readonly<Record<string, string | number>>;
}

/** What may be claimed from a number of faults without a violation. */
export function claimOf(verdict: Report['verdict'], faults: number): string {
  if (verdict === 'violated') return 'the promise was broken';
  if (verdict === 'invalid') return 'nothing: too little happened to prove anything';
  if (faults === 0) return 'nothing was found wrong; without faults this says nothing about faults';
  const found = `nothing was found wrong in ${faults} faults`;
  if (faults < 10) return `${found}, too few to say more`;
  const bound = Number((300 / faults).toPrecision(2));
  return `${found}: with 95 % confidence fewer than ${bound} % of such faults break the promise (rule of three)`;
}

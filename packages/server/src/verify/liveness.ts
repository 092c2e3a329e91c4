import { Histogram, type Percentiles } from './histogram.ts';
import type { Publications } from './publications.ts';

/** How fast things went. Reported, not judged. Milliseconds. */
export interface Liveness {
  /** From the first attempt to the acknowledgement. */
  readonly acknowledgementMs: Percentiles;
  /** From the first attempt to a live delivery. */
  readonly deliveryMs: Percentiles;
  /** From the end of a fault to the next acknowledgement. */
  readonly firstAcknowledgementAfterFaultMs: Percentiles;
  /** From the end of a fault until every waiting subscriber had everything that was acknowledged before. */
  readonly caughtUpAfterFaultMs: Percentiles;
  /** The longest time that anything acknowledged was on its way to somebody. */
  readonly longestWaitMs: number;
}

export function measureLiveness(
  publications: Publications,
  deliveryMs: Histogram,
  faultEnds: readonly number[],
): Liveness {
  const acknowledgementMs = new Histogram();
  const acknowledged: { at: number; deliveredAt: number }[] = [];
  let longestWaitMs = 0;
  for (const { begun, acknowledged: answer, deliveredAt } of publications.all()) {
    if (!answer) continue;
    acknowledgementMs.add(answer.at - begun.at);
    acknowledged.push({ at: answer.at, deliveredAt });
    longestWaitMs = Math.max(longestWaitMs, deliveredAt - answer.at);
  }
  acknowledged.sort((a, b) => a.at - b.at);
  const [firstMs, caughtUpMs] = [new Histogram(), new Histogram()];
  let index = 0;
  let lastDelivery = 0;
  for (const end of [...faultEnds].sort((a, b) => a - b)) {
    for (; (acknowledged[index]?.at ?? Number.POSITIVE_INFINITY) <= end; index++) {
      lastDelivery = Math.max(lastDelivery, acknowledged[index]?.deliveredAt ?? 0);
    }
    const next = acknowledged[index];
    if (next) firstMs.add(next.at - end);
    caughtUpMs.add(Math.max(0, lastDelivery - end));
  }
  return {
    acknowledgementMs: acknowledgementMs.percentiles,
    deliveryMs: deliveryMs.percentiles,
    firstAcknowledgementAfterFaultMs: firstMs.percentiles,
    caughtUpAfterFaultMs: caughtUpMs.percentiles,
    longestWaitMs,
  };
}

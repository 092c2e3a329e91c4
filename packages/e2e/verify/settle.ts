import type { Position } from '@vitalwire/protocol';
import type { Recorder } from '@vitalwire/server/verify';
import { within } from '@vitalwire/testing';
import { wait } from './faults/fault.ts';
import type { Population } from './population.ts';

const PUBLISHED_WITHIN_MS = 60_000;

/** What was left when time was up; nothing of both when all is well. */
export interface Settled {
  /** From the last mended fault until everybody had everything. */
  readonly caughtUpMs: number;
  /** Subscriptions that were not given everything, by name and topic. */
  readonly behind: readonly string[];
  /** Publications without an outcome. */
  readonly open: number;
}

/** Lets the publishers finish, publishes one more to each topic, and waits until everybody has passed it. */
export async function settle(
  population: Population,
  topics: Iterable<number>,
  recorder: Recorder,
  catchUpWithinMs: number,
): Promise<Settled> {
  const healedAt = performance.now();
  const stopping = population.publishers.map((publisher) => publisher.stop());
  await within(PUBLISHED_WITHIN_MS, Promise.all(stopping), () => 'late').catch(() => {});
  const open = population.publishers.reduce((sum, publisher) => sum + publisher.open, 0);
  const [herald] = population.publishers;
  const lasts = new Map<number, Position>();
  for (const topic of topics) {
    const last = await herald?.insist(topic);
    if (last) lasts.set(topic, { epoch: last.epoch, offset: last.offset });
  }
  const deadline = performance.now() + catchUpWithinMs;
  let behind = await population.behind(lasts);
  while (behind.length > 0 && performance.now() < deadline) {
    await wait(20);
    behind = await population.behind(lasts);
  }
  recorder.record({ type: 'settled' });
  return { caughtUpMs: performance.now() - healedAt, behind, open };
}

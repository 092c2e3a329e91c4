import * as z from 'zod/mini';
import { offsetSchema, positionSchema } from './position-schema.ts';

/**
 * Why publications can no longer be supplied:
 * `retention` – the log no longer holds them; `epoch_changed` – the log lost its past and began a new epoch;
 * `position_unknown` – the held position lies beyond the newest publication, so it belongs to another log.
 */
export const gapReasonSchema = z.literal(['retention', 'epoch_changed', 'position_unknown']);
export type GapReason = z.infer<typeof gapReasonSchema>;

const span = {
  /** Delivery continues after this position. */
  from: positionSchema,
  /** The topic's top when the subscription began: publications up to here were published before. */
  to: positionSchema,
  /** How many publications between `from` and `to` follow for this subscriber. */
  count: offsetSchema,
};

/**
 * What became of the publications before a subscription: `fresh` – no earlier position was known; `recovered` – every
 * missed publication follows; `gap` – some can no longer be supplied, and the retained ones follow.
 */
export const recoverySchema = z.union([
  z.object({ status: z.literal(['fresh', 'recovered']), ...span }),
  z.object({
    status: z.literal('gap'),
    reason: gapReasonSchema,
    /** The position that could not be continued. */
    last_seen: positionSchema,
    /** The oldest publication that still follows, or the next one to be published when none does. */
    first_available: positionSchema,
    ...span,
  }),
]);
export type Recovery = z.infer<typeof recoverySchema>;

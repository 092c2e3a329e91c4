import { placePublication } from '@vitalwire/protocol';
import type { Publication, Topic } from './log/log-store.ts';

/** A publication ready to be sent: its frame, built once for all who receive it. */
export interface Delivery {
  readonly offset: number;
  readonly to: string | undefined;
  readonly frame: Uint8Array;
}

/** Deliveries of one topic, in order and without holes. */
export interface Batch {
  readonly topic: Topic;
  readonly epoch: string;
  readonly first: number;
  readonly last: number;
  /** In parts that are handed over whole, so that a burst is not held for a peer that takes only its beginning. */
  readonly parts: readonly (readonly Delivery[])[];
}

/** Bytes after which a part ends. */
const PART_BYTES = 65_536;

/** Frames publications. Live and replayed ones pass through here, so they are the same bytes. */
export function frame(epoch: string, publications: readonly Publication[]): Delivery[] {
  return publications.map(({ offset, text, to }) => ({
    offset,
    to,
    frame: Buffer.from(placePublication(text, { epoch, offset })),
  }));
}

/** Divides deliveries into the parts of a batch. */
export function partition(deliveries: readonly Delivery[]): Delivery[][] {
  const parts: Delivery[][] = [];
  let rest = 0;
  for (const delivery of deliveries) {
    if (rest <= 0) {
      parts.push([]);
      rest = PART_BYTES;
    }
    parts.at(-1)?.push(delivery);
    rest -= delivery.frame.byteLength;
  }
  return parts;
}

/** Whether a user may receive a publication: it is addressed to everybody, or to this user. */
export function visibleTo(userId: string, { to }: { readonly to?: string | undefined }): boolean {
  return to === undefined || to === userId;
}

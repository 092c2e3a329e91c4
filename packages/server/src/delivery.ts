import { placePublication } from '@vitalwire/protocol';
import { compressedFrame, drawPingPayload, pingFrame, textFrame } from './frame.ts';
import type { Publication, Topic } from './log/log-store.ts';

/** Frames with a ping behind them, so that the pong proves their receipt. */
export interface Provable {
  readonly bytes: Uint8Array;
  /** What the pong repeats. */
  readonly payload: number;
}

/** What one user receives of a part: whole frames in order. */
export class Selection {
  readonly bytes: Uint8Array;
  readonly #deliveries: readonly Delivery[];
  #compressed: Uint8Array | undefined;
  #provable: Provable | undefined;
  #provableCompressed: Provable | undefined;

  constructor(deliveries: readonly Delivery[], bytes = concat(deliveries.map(({ frame }) => frame))) {
    this.bytes = bytes;
    this.#deliveries = deliveries;
  }

  get count(): number {
    return this.#deliveries.length;
  }

  /** The same for peers that agreed to compression. */
  get compressed(): Uint8Array {
    this.#compressed ??= concat(this.#deliveries.map(compress));
    return this.#compressed;
  }

  /** The same with a ping, which is one for all who are to prove the receipt of these bytes. */
  provable(compressed: boolean): Provable {
    if (!compressed) {
      this.#provable ??= withPing(this.bytes);
      return this.#provable;
    }
    this.#provableCompressed ??= withPing(this.compressed);
    return this.#provableCompressed;
  }
}

function withPing(frames: Uint8Array): Provable {
  const payload = drawPingPayload();
  return { bytes: Buffer.concat([frames, pingFrame(payload)]), payload };
}

/** Publications of one topic that were announced together. */
export interface Batch {
  readonly topic: Topic;
  readonly epoch: string;
  readonly first: number;
  readonly last: number;
  /** In parts that are handed over whole, so that a burst is not held for a peer that takes only its beginning. */
  readonly parts: readonly Part[];
}

/** A publication in its frame. */
interface Delivery {
  readonly offset: number;
  readonly to: string | undefined;
  readonly frame: Uint8Array;
  /** Made when it is first needed, once for all. */
  compressed?: Uint8Array;
}

/** Bytes after which a part ends. */
const PART_BYTES = 65_536;

/**
 * Publications of one topic, in order and without holes, ready to be sent: framed once, and in one buffer for all who
 * receive the same of them. That is everybody but those whom some of it is addressed to, and those who have its beginning.
 */
export class Part {
  readonly first: number;
  readonly last: number;
  readonly #deliveries: readonly Delivery[];
  /** Whom some of it is addressed to; `undefined` when all of it is for everybody, so that nobody is looked up. */
  readonly #addressees: ReadonlySet<string> | undefined;
  /** What everybody else receives. */
  readonly #shared: Selection;

  /** @param deliveries at least one. */
  constructor(deliveries: readonly Delivery[]) {
    this.first = deliveries[0]?.offset ?? 0;
    this.last = deliveries.at(-1)?.offset ?? 0;
    const bytes = concat(deliveries.map(({ frame }) => frame));
    this.#deliveries = deliveries.length === 1 ? deliveries : within(bytes, deliveries);
    const forAll = this.#deliveries.filter(({ to }) => to === undefined);
    if (forAll.length === deliveries.length) {
      this.#shared = new Selection(forAll, bytes);
    } else {
      this.#shared = new Selection(forAll);
      this.#addressees = new Set(deliveries.flatMap(({ to }) => to ?? []));
    }
  }

  /** What a user receives of it who has everything up to an offset. */
  select(after: number, userId: string): Selection {
    if (after < this.first && !this.#addressees?.has(userId)) return this.#shared;
    return new Selection(
      this.#deliveries.filter((delivery) => delivery.offset > after && visibleTo(userId, delivery)),
    );
  }
}

function concat(frames: readonly Uint8Array[]): Uint8Array {
  const [only] = frames;
  return frames.length === 1 && only ? only : Buffer.concat(frames);
}

function compress(delivery: Delivery): Uint8Array {
  delivery.compressed ??= compressedFrame(delivery.frame);
  return delivery.compressed;
}

/** The same deliveries, with their frames where they stand in the bytes, so that they are held once. */
function within(bytes: Uint8Array, deliveries: readonly Delivery[]): Delivery[] {
  let end = 0;
  return deliveries.map(({ offset, to, frame }) => {
    const start = end;
    end += frame.byteLength;
    return { offset, to, frame: bytes.subarray(start, end) };
  });
}

/** Frames publications, in parts. Live and replayed ones pass through here, so they are the same bytes. */
export function partsOf(epoch: string, publications: readonly Publication[]): Part[] {
  const parts: Part[] = [];
  let deliveries: Delivery[] = [];
  let size = 0;
  for (const { offset, text, to } of publications) {
    const frame = textFrame(placePublication(text, { epoch, offset }));
    deliveries.push({ offset, to, frame });
    size += frame.byteLength;
    if (size < PART_BYTES) continue;
    parts.push(new Part(deliveries));
    deliveries = [];
    size = 0;
  }
  if (deliveries.length > 0) parts.push(new Part(deliveries));
  return parts;
}

/** Whether a user may receive a publication: it is addressed to everybody, or to this user. */
export function visibleTo(userId: string, { to }: { readonly to?: string | undefined }): boolean {
  return to === undefined || to === userId;
}

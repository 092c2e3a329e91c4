import { placePublication } from '@vitalwire/protocol';
import { compressedFrame, drawPingPayload, pingFrame, textFrameBytes, writeTextFrame } from './frame.ts';
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
    this.#compressed ??= concat(this.#deliveries.map(({ compressed }) => compressed));
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

/** A publication in its frame, which stands in the bytes of its part. */
class Delivery {
  readonly offset: number;
  readonly to: string | undefined;
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #end: number;
  #compressed: Uint8Array | undefined;

  constructor({ offset, to }: Publication, bytes: Uint8Array, start: number, end: number) {
    this.offset = offset;
    this.to = to;
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  /** Most are only sent together with the others of their part. */
  get frame(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#end);
  }

  /** The same for peers that agreed to compression, made once for all of them. */
  get compressed(): Uint8Array {
    this.#compressed ??= compressedFrame(this.frame);
    return this.#compressed;
  }
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

  /**
   * @param deliveries at least one.
   * @param bytes their frames.
   */
  constructor(deliveries: readonly Delivery[], bytes: Uint8Array) {
    this.first = deliveries[0]?.offset ?? 0;
    this.last = deliveries.at(-1)?.offset ?? 0;
    this.#deliveries = deliveries;
    if (deliveries.every(({ to }) => to === undefined)) {
      this.#shared = new Selection(deliveries, bytes);
    } else {
      this.#shared = new Selection(deliveries.filter(({ to }) => to === undefined));
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

/** Frames publications, in parts. Live and replayed ones pass through here, so they are the same bytes. */
export function partsOf(epoch: string, publications: readonly Publication[]): Part[] {
  const parts: Part[] = [];
  let framed: Framed[] = [];
  let size = 0;
  for (const publication of publications) {
    const text = placePublication(publication.text, { epoch, offset: publication.offset });
    const bytes = textFrameBytes(text);
    framed.push({ publication, text, bytes });
    size += bytes;
    if (size < PART_BYTES) continue;
    parts.push(partOf(framed, size));
    framed = [];
    size = 0;
  }
  if (framed.length > 0) parts.push(partOf(framed, size));
  return parts;
}

/** What goes into a part: a publication, the text of its frame, and how many bytes that frame has. */
interface Framed {
  readonly publication: Publication;
  readonly text: string;
  readonly bytes: number;
}

/** Writes frames to where they stay. */
function partOf(framed: readonly Framed[], size: number): Part {
  const bytes = Buffer.allocUnsafe(size);
  let end = 0;
  const deliveries = framed.map(({ publication, text, bytes: frameBytes }) => {
    const start = end;
    end += frameBytes;
    writeTextFrame(bytes, start, text, frameBytes);
    return new Delivery(publication, bytes, start, end);
  });
  return new Part(deliveries, bytes);
}

/** Whether a user may receive a publication: it is addressed to everybody, or to this user. */
export function visibleTo(userId: string, { to }: { readonly to?: string | undefined }): boolean {
  return to === undefined || to === userId;
}

import type { Position } from '@vitalwire/protocol';
import type { OpenTransport, TransportListener } from '../../src/index.ts';
import type { Said } from './fake-server.ts';
import { connectMessage, feedback } from './messages.ts';

interface Session {
  readonly listener: TransportListener;
  /** What was sent and has not arrived yet. */
  readonly wire: string[];
  /** Everything up to here was sent; `undefined` while not subscribed. */
  cursor: number | undefined;
  ended: boolean;
}

/** One topic with its log, in memory, that obeys the protocol: a model to hold clients against. */
export class LogServer {
  #epoch = 1;
  #top = 0;
  /** The oldest publication that is retained. */
  #first = 1;
  /** Offsets whose publications are addressed to another user. */
  #addressed = new Set<number>();
  #session: Session | undefined;
  /** Every publication that this subscriber may see. */
  readonly published: Position[] = [];

  readonly open: OpenTransport = (_url, _subprotocol, _timeoutMs, listener) => {
    const session: Session = { listener, wire: [], cursor: undefined, ended: false };
    this.#session = session;
    queueMicrotask(() => session.ended || listener.opened());
    return {
      send: (text) => session.ended || this.#command(session, JSON.parse(text) as Said),
      close: () => {
        session.ended = true;
      },
    };
  };

  publish(addressed: boolean): void {
    this.#top++;
    if (addressed) this.#addressed.add(this.#top);
    else this.published.push({ epoch: `e${this.#epoch}`, offset: this.#top });
    if (this.#session) this.#deliver(this.#session);
  }

  /** The top of the log as it is now. */
  get top(): Position {
    return { epoch: `e${this.#epoch}`, offset: this.#top };
  }

  /** Forgets all but the newest publications. A reader that was not sent them yet is told of the gap. */
  retain(count: number): void {
    this.#first = Math.max(this.#first, this.#top + 1 - count);
  }

  /** Loses the past. */
  restart(): void {
    const before = `e${this.#epoch}:${this.#top}`;
    this.#epoch++;
    this.#top = 0;
    this.#first = 1;
    this.#addressed.clear();
    const session = this.#session;
    if (session?.cursor !== undefined) this.#connect(session, 'epoch_changed', before, 0);
  }

  /** Lets the next frames arrive. */
  arrive(count: number): void {
    const session = this.#session;
    for (const text of session?.wire.splice(0, count) ?? []) {
      if (session && !session.ended) session.listener.received(text);
    }
  }

  /** Cuts the connection; what is on the wire is lost. */
  cut(): void {
    const session = this.#session;
    this.#session = undefined;
    if (session && !session.ended) session.listener.lost(1000, '');
  }

  #command(session: Session, { type, id, after }: Said): void {
    if (type === 'ping') {
      session.wire.push(
        JSON.stringify({
          type: 'pong',
          data: { ...(id !== undefined && { id }) },
          timestamp: '2026-01-01T00:00:00Z',
        }),
      );
    } else if (type === 'unsubscribe') session.cursor = undefined;
    else if (type === 'subscribe') this.#subscribe(session, after);
  }

  #subscribe(session: Session, asked: string | undefined): void {
    const after = asked === 'earliest' ? undefined : asked;
    const [epoch = '', offset = ''] = (after ?? `e${this.#epoch}:${this.#first - 1}`).split(':');
    const held = Number(offset);
    if (epoch !== `e${this.#epoch}`) this.#connect(session, 'epoch_changed', after ?? '', this.#first - 1);
    else if (held > this.#top) this.#connect(session, 'position_unknown', after ?? '', this.#first - 1);
    else if (held < this.#first - 1) this.#connect(session, 'retention', after ?? '', this.#first - 1);
    else this.#connect(session, undefined, '', held);
  }

  #connect(session: Session, reason: string | undefined, lastSeen: string, from: number): void {
    const at = (offset: number) => `e${this.#epoch}:${offset}`;
    const gap = { reason, last_seen: lastSeen, first_available: at(from + 1) };
    const recovery = {
      status: reason ? 'gap' : 'recovered',
      ...(reason && gap),
      from: at(from),
      to: at(this.#top),
      count: this.#visible(from).length,
    };
    session.wire.push(JSON.stringify(connectMessage(1, recovery as Parameters<typeof connectMessage>[1])));
    session.cursor = from;
    this.#deliver(session);
  }

  #visible(after: number): number[] {
    const offsets = Array.from({ length: this.#top - after }, (_, i) => after + 1 + i);
    return offsets.filter((offset) => !this.#addressed.has(offset));
  }

  #deliver(session: Session): void {
    if (session.cursor === undefined) return;
    if (session.cursor < this.#first - 1) {
      return this.#connect(session, 'retention', `e${this.#epoch}:${session.cursor}`, this.#first - 1);
    }
    for (const offset of this.#visible(session.cursor)) {
      session.wire.push(JSON.stringify(feedback(1, offset, { epoch: `e${this.#epoch}` })));
    }
    session.cursor = this.#top;
  }
}

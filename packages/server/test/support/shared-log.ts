import type { Position } from '@vitalwire/protocol';
import { LogUnavailableError } from '../../src/errors.ts';
import type {
  Announcement,
  Appended,
  Entry,
  LogState,
  LogStore,
  Page,
  PageLimit,
  Receipt,
  Topic,
} from '../../src/log/log-store.ts';
import { type MemoryLogOptions, memoryLog } from '../../src/log/memory.ts';
import type { Census, Nodes } from '../../src/log/nodes.ts';

/** What is on its way between a node and the shared log. Each kind keeps its order, and overtakes the others. */
type Wire = 'requests' | 'answers' | 'announcements';

/** Something on its way: it arrives, or is lost. */
interface Parcel {
  arrive(): void;
  lose(): void;
}

/** Takes parcels, and lets them arrive or be lost whenever it likes; on each wire in their order. */
export type Carry = (wire: Wire, parcel: Parcel) => void;

/** Keeps what is on its way until it is moved on. */
export class Wires {
  readonly #waiting: Record<Wire, Parcel[]> = { requests: [], answers: [], announcements: [] };

  readonly carry: Carry = (wire, parcel) => void this.#waiting[wire].push(parcel);

  get empty(): boolean {
    return Object.values(this.#waiting).every((parcels) => parcels.length === 0);
  }

  move(wire: Wire, count = Infinity): void {
    for (const parcel of this.#waiting[wire].splice(0, count)) parcel.arrive();
  }

  lose(wire: Wire): void {
    for (const parcel of this.#waiting[wire].splice(0)) parcel.lose();
  }
}

/**
 * A log of several nodes, in memory: what a broker is to them. What the nodes do not see is done at once; what they ask,
 * are answered and hear is carried by the test.
 */
export class SharedLog {
  readonly nodes = new Set<SharedLogNode>();
  readonly revocations: (readonly [userId: string, atMs: number])[] = [];
  readonly #options: MemoryLogOptions;
  /** By epoch and offset, what the first append was told. */
  readonly #recipients = new Map<string, number>();
  #log: LogStore;

  constructor(options: MemoryLogOptions = {}) {
    this.#options = options;
    this.#log = this.#announcing(memoryLog(options));
  }

  /** The log as it is now. */
  get log(): LogStore {
    return this.#log;
  }

  node(carry: Carry = (_, parcel) => parcel.arrive()): SharedLogNode {
    const node = new SharedLogNode(this, carry);
    this.nodes.add(node);
    return node;
  }

  async append(topic: Topic, entry: Entry): Promise<Appended> {
    const counted = [...this.nodes].reduce((sum, node) => sum + node.subscriptions(topic, entry.to), 0);
    const appended = await this.#log.append(topic, entry);
    const place = `${appended.position.epoch}:${appended.position.offset}`;
    const recipients = this.#recipients.get(place) ?? counted;
    this.#recipients.set(place, recipients);
    return { ...appended, recipients };
  }

  /**
   * An older copy takes the place of the log: one topic, without the last of its publications, under a new epoch.
   * Returns what is in it.
   */
  async restore(topic: Topic, missing: number): Promise<Page> {
    const everything = { publications: Infinity, size: Infinity };
    const { publications } = await this.#log.read(topic, 0, everything);
    const copy = memoryLog(this.#options);
    const left = publications.slice(0, Math.max(0, publications.length - missing));
    for (const { text, to } of left) await copy.append(topic, { text, to });
    this.#log = this.#announcing(copy);
    return copy.read(topic, 0, everything);
  }

  #announcing(log: LogStore): LogStore {
    log.onAnnouncement((announcement) => {
      for (const node of this.nodes) node.announce(announcement);
    });
    return log;
  }
}

/** What one process has of a shared log. */
export class SharedLogNode implements LogStore {
  readonly nodes: Nodes;
  /** Set by the test: whether the log can be reached. Whoever asks while it is false is refused at once. */
  reachable = true;
  /** Set by the test: whether announcements find their way to the node. */
  hearing = true;
  readonly #shared: SharedLog;
  readonly #carry: Carry;
  readonly #attended = new Map<Topic, ReadonlyMap<string, number>>();
  readonly #onAnnouncement: ((announcement: Announcement) => void)[] = [];
  readonly #onInterruption: ((topic: Topic) => void)[] = [];
  readonly #onRevocation: ((userId: string, atMs: number) => void)[] = [];
  readonly #asked = new Set<Promise<unknown>>();
  #census: () => Census = () => ({ connections: 0, subscriptions: new Map() });
  #closed = false;

  constructor(shared: SharedLog, carry: Carry) {
    this.#shared = shared;
    this.#carry = carry;
    this.nodes = {
      attend: (topic, users) => this.#ask(async () => this.#attend(topic, users)),
      onInterruption: (listener) => void this.#onInterruption.push(listener),
      check: () => this.#ask(async () => this.#check()),
      report: (own) => {
        this.#census = own;
      },
      census: () => this.#ask(async () => sum([...shared.nodes].map((node) => node.#census()))),
      revoke: (userId, atMs) => this.#ask(async () => this.#revoke(userId, atMs)),
      onRevocation: (listener) => {
        this.#onRevocation.push(listener);
        for (const [userId, atMs] of shared.revocations) listener(userId, atMs);
      },
    };
  }

  append(topic: Topic, entry: Entry): Promise<Appended> {
    return this.#ask(() => this.#shared.append(topic, entry));
  }

  read(topic: Topic, after: number, limit: PageLimit): Promise<Page> {
    return this.#ask(() => this.#shared.log.read(topic, after, limit));
  }

  state(topic: Topic): Promise<LogState> {
    return this.#ask(() => this.#shared.log.state(topic));
  }

  count(topic: Topic, after: number, upTo: number, userId: string): Promise<number> {
    return this.#ask(() => this.#shared.log.count(topic, after, upTo, userId));
  }

  received(topic: Topic, userId: string): Promise<Position | undefined> {
    return this.#ask(() => this.#shared.log.received(topic, userId));
  }

  receive(receipts: readonly Receipt[]): Promise<void> {
    return this.#ask(() => this.#shared.log.receive(receipts));
  }

  unreceived(): Promise<Map<Topic, number>> {
    return this.#ask(() => this.#shared.log.unreceived());
  }

  onAnnouncement(listener: (announcement: Announcement) => void): void {
    this.#onAnnouncement.push(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#shared.nodes.delete(this);
    await Promise.allSettled(this.#asked);
  }

  /** How many subscriptions here may see a publication, as far as the shared log knows. */
  subscriptions(topic: Topic, to: string | undefined): number {
    const users = this.#attended.get(topic);
    if (to !== undefined) return users?.get(to) ?? 0;
    return [...(users?.values() ?? [])].reduce((sum, count) => sum + count, 0);
  }

  announce(announcement: Announcement): void {
    if (!this.hearing || !this.#attended.has(announcement.topic)) return;
    this.#carry('announcements', { arrive: () => this.#hear(announcement), lose: () => {} });
  }

  /** Tells whoever follows an attended topic to read it again. */
  interrupt(): void {
    for (const topic of this.#attended.keys()) for (const listener of this.#onInterruption) listener(topic);
  }

  #hear(announcement: Announcement): void {
    if (this.#closed) return;
    for (const listener of this.#onAnnouncement) {
      try {
        listener(announcement);
      } catch {
        // It harms nobody.
      }
    }
  }

  #ask<T>(question: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new LogUnavailableError('the log is closed'));
    if (!this.reachable) return Promise.reject(new LogUnavailableError('the log cannot be reached'));
    const answer = new Promise<T>((resolve, reject) => {
      const lose = () => reject(new LogUnavailableError('the log was lost'));
      const send = (arrive: () => void) => this.#carry('answers', { arrive, lose });
      const arrive = () =>
        void question().then(
          (value) => send(() => resolve(value)),
          (error) => send(() => reject(error)),
        );
      this.#carry('requests', { arrive, lose });
    });
    this.#asked.add(answer);
    const settled = () => this.#asked.delete(answer);
    answer.then(settled, settled);
    return answer;
  }

  #attend(topic: Topic, users: ReadonlyMap<string, number>): void {
    if (users.size > 0) this.#attended.set(topic, users);
    else this.#attended.delete(topic);
  }

  #check(): void {
    if (!this.hearing) throw new LogUnavailableError('announcements are not heard');
  }

  #revoke(userId: string, atMs: number): void {
    this.#shared.revocations.push([userId, atMs]);
    for (const node of this.#shared.nodes) {
      for (const listener of node.#onRevocation) listener(userId, atMs);
    }
  }
}

function sum(censuses: readonly Census[]): Census {
  const subscriptions = new Map<Topic, number>();
  for (const census of censuses) {
    for (const [topic, count] of census.subscriptions) {
      subscriptions.set(topic, (subscriptions.get(topic) ?? 0) + count);
    }
  }
  return { connections: censuses.reduce((sum, { connections }) => sum + connections, 0), subscriptions };
}

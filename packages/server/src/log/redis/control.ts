import { randomBytes } from 'node:crypto';
import type { Topic } from '../log-store.ts';
import type { Census } from '../nodes.ts';
import { controlKeys } from './keys.ts';
import type { Link } from './link.ts';
import { loadControlScript } from './scripts.ts';
import { isLasting, type ServerInfo } from './server-info.ts';

/** How long others count a node that says nothing more, in milliseconds. */
export const NODE_HOLDS_MS = 30_000;

/** How long a revocation is kept: no token may be valid for longer. */
const REVOCATION_KEPT_MS = 400 * 86_400_000;

/** Values of as many revocations as the script gives at once. */
const FULL_ANSWER = 3 * 1_000;

/** Said on the channel: there is a revocation to be read. */
export const REVOKED = 'revoked';

interface Lineage {
  readonly id: string;
  readonly number: number;
  readonly run: string;
  readonly beats: number;
}

type Answer = [id: string, number: number, beats: number, censuses: string[], revocations: string[]];

type RevocationListener = (userId: string, atMs: number) => void;

const NO_CENSUS: Census = { connections: 0, subscriptions: new Map() };

/** What nodes share besides the logs: whether Redis forgot something, who is connected where, who was revoked. */
export class Control {
  readonly #keys: ReturnType<typeof controlKeys>;
  readonly #node: string;
  readonly #script = loadControlScript();
  readonly #revocationListeners: RevocationListener[] = [];
  /** The newest of each user, for listeners to come. */
  readonly #revocations = new Map<string, number>();
  /** Those of this node, in case that Redis forgets them. */
  readonly #ownRevocations = new Map<string, number>();
  /** Those that Redis does not have yet. */
  #untold = new Map<string, number>();
  #lineage: Lineage = { id: '', number: 0, run: '', beats: 0 };
  #lastRevocation = '0';
  #others: Census[] = [];
  report: () => Census = () => NO_CENSUS;

  constructor(prefix: string, node: string) {
    this.#keys = controlKeys(prefix);
    this.#node = node;
  }

  get channel(): string {
    return this.#keys.channel;
  }

  /** Within which Redis is known to have forgotten nothing. */
  get lineage(): string {
    return this.#lineage.id;
  }

  /** Tells the others about this node, and learns all about them: when it resolves, no revocation is left to be read. */
  async beat(link: Link, server: ServerInfo): Promise<void> {
    for (;;) {
      const known = this.#lineage;
      const [id, number, beats, censuses, revocations] = await this.#ask(link, server);
      this.#lineage = { id, number, beats, run: server.runId };
      this.#others = censuses.map(readCensus);
      this.#learn(revocations);
      if (known.id !== '' && known.id !== id) {
        // Redis may have forgotten revocations; those that the other nodes made come from them.
        this.#lastRevocation = '0';
        this.#untold = new Map(this.#ownRevocations);
      } else if (revocations.length < FULL_ANSWER) return;
    }
  }

  census(): Census {
    const all = [this.report(), ...this.#others];
    const subscriptions = new Map<Topic, number>();
    for (const census of all) {
      for (const [topic, count] of census.subscriptions) {
        subscriptions.set(topic, (subscriptions.get(topic) ?? 0) + count);
      }
    }
    return { connections: all.reduce((sum, { connections }) => sum + connections, 0), subscriptions };
  }

  /** From now on other nodes will know of it, as soon as there is a link. */
  revoke(userId: string, atMs: number): void {
    this.#ownRevocations.set(userId, atMs);
    this.#untold.set(userId, atMs);
  }

  /** Writes the revocations that Redis does not have yet, and lets the other nodes look for them. */
  async tellRevocations(link: Link): Promise<void> {
    const { revocations } = this.#keys;
    const oldest = Date.now() - REVOCATION_KEPT_MS;
    for (const [userId, atMs] of [...this.#untold]) {
      const entry = ['u', JSON.stringify(userId), 'at', `${atMs}`];
      await link.send(revocations, ['XADD', revocations, 'MINID', '~', `${oldest}`, '*', ...entry]);
      if (this.#untold.get(userId) === atMs) this.#untold.delete(userId);
      await link.send(this.channel, ['SPUBLISH', this.channel, REVOKED]);
    }
  }

  onRevocation(listener: RevocationListener): void {
    this.#revocationListeners.push(listener);
    for (const [userId, atMs] of this.#revocations) listener(userId, atMs);
  }

  /** Lets the others forget this node at once. */
  async leave(link: Link): Promise<void> {
    const [, census = ''] = this.#keys.all;
    await link.send(census, ['HDEL', census, this.#node]);
  }

  async #ask(link: Link, server: ServerInfo): Promise<Answer> {
    const { id, number, run, beats } = this.#lineage;
    const args = [
      this.channel,
      this.#node,
      NODE_HOLDS_MS,
      writeCensus(this.report()),
      server.runId,
      server.replicationId,
      server.wasReplica ? 1 : 0,
      isLasting(server) ? 1 : 0,
      id,
      number,
      run,
      beats,
      randomBytes(12).toString('base64url'),
      this.#lastRevocation,
    ];
    return (await link.run(this.#script, this.#keys.all, args.map(String))) as Answer;
  }

  #learn(flat: readonly string[]): void {
    for (let index = 0; index < flat.length; index += 3) {
      const [id = '', user = '', at = ''] = flat.slice(index, index + 3);
      this.#lastRevocation = id;
      this.#revoked(JSON.parse(user) as string, Number(at));
    }
  }

  #revoked(userId: string, atMs: number): void {
    this.#revocations.set(userId, Math.max(atMs, this.#revocations.get(userId) ?? 0));
    for (const listener of this.#revocationListeners) listener(userId, atMs);
  }
}

function writeCensus({ connections, subscriptions }: Census): string {
  return JSON.stringify([connections, [...subscriptions]]);
}

function readCensus(text: string): Census {
  const [connections, subscriptions] = JSON.parse(text) as [number, [Topic, number][]];
  return { connections, subscriptions: new Map(subscriptions) };
}

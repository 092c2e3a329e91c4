import { type Status, statusSchema } from '@vitalwire/protocol';
import type { Network } from '../network/network.ts';
import type { Subject } from '../subject/subject.ts';

/** The server of a test. What it cannot do, since others made it, it rejects with the reason. */
export class TestedServer {
  readonly #subject: Subject;
  readonly #network: Network | undefined;
  /** The server's time. */
  readonly clock: {
    /** Milliseconds since 1970. */
    readonly now: number;
    /** Sets it forward: tokens expire, publications age, waits end. */
    advance(ms: number): Promise<void>;
  };

  constructor(subject: Subject, network: Network | undefined) {
    this.#subject = subject;
    this.#network = network;
    this.clock = {
      get now() {
        return subject.now;
      },
      advance: (ms) => subject.advance(ms),
    };
  }

  /** Where pages find it: behind the network, where there is one. */
  get url(): string {
    return this.#network?.url ?? this.#subject.url;
  }

  /** The same for clients: `ws://…/ws`. */
  get webSocketUrl(): string {
    return `${this.url.replace(/^http/, 'ws')}/ws`;
  }

  /** What its process wrote. */
  get output(): string {
    return this.#subject.output;
  }

  /** Who is connected, and what waits: the answer of `GET /ws/status`. */
  async status(): Promise<Status> {
    const token = await this.#subject.token({ sub: 'backend', scope: 'broadcast' });
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${this.#subject.url}/ws/status`, { headers });
    if (!response.ok) throw new Error(`no status: ${response.status} ${await response.text()}`);
    return statusSchema.parse(await response.json());
  }

  /** Ends it as a deploy does, if it runs, and starts it again on the same data and port. */
  restart(): Promise<void> {
    return this.#subject.restart();
  }

  /** Ends it at once, as a crash would; `restart` brings it back. */
  kill(): Promise<void> {
    return this.#subject.kill();
  }

  /**
   * Lets the tokens expire with which a user was seen; a fresh one counts. Rejects when the user was not seen. Open
   * connections end within a second.
   */
  expireToken(userId: string): Promise<void> {
    return this.#subject.expireToken(userId);
  }

  /** Ends a user's sessions, and refuses every token that the user holds now. */
  revoke(userId: string): Promise<void> {
    return this.#subject.revoke(userId);
  }

  /** Loses the publications of a diagnosis, all but the newest ones: whoever needed the others sees a gap, `retention`. */
  evict(diagnosisId: number, { keep = 0 }: { keep?: number } = {}): Promise<void> {
    return this.#subject.evict(diagnosisId, keep);
  }

  /** Loses the log of a diagnosis: subscribers see a gap, `epoch_changed`, with the next publication or when they resume. */
  newEpoch(diagnosisId: number): Promise<void> {
    return this.#subject.newEpoch(diagnosisId);
  }

  /** Takes nothing any more that the server sends to this user, until `network.restore()`: a reader that does not read. */
  async slowReader(userId: string): Promise<void> {
    if (!this.#network) throw new Error('slowReader needs a network before the server');
    this.#network.proxy.holdUser(userId);
  }
}

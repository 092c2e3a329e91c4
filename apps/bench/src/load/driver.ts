/** Who connects, to what, and what it received so far. It outlives its connections. */
export interface Subscriber {
  readonly index: number;
  readonly topic: number;
  /** The newest sequence that it received; 0 before the first one. */
  sequence: number;
  /** What the driver remembers to come back with. */
  memory: string | undefined;
  /** Where the driver stands, if it is not the sequence that says so. */
  place: string | undefined;
}

/** How one protocol is spoken by its client. Texts in, texts out. */
export interface Driver {
  /** What is sent first: the request for the upgrade, or a line of its own for a server that speaks no HTTP. */
  open(subscriber: Subscriber): string;
  /** Whether the server answers it with `101 Switching Protocols`. */
  readonly upgrades: boolean;
  /** The texts that are sent once the connection is open. */
  begin(subscriber: Subscriber): readonly string[];
  /**
   * What a text that is no publication is answered with; `subscribed` when it says that the subscription stands.
   *
   * @throws when the server may not say that.
   */
  answer(text: string, subscriber: Subscriber): readonly string[] | 'subscribed';
  /** Stands directly before the sequence in a publication, and in nothing else that comes once it is subscribed. */
  readonly marker: string;
  /** Whether it receives what it missed when it comes back. */
  readonly resumes: boolean;
  /** Whether what it missed comes before it is told that the subscription stands. @default false */
  readonly deliversEarly?: boolean;
  /** Sees every publication; its text is valid only during the call. */
  delivered?(bytes: Buffer, start: number, end: number, subscriber: Subscriber): void;
}

/** What the core needs of an open WebSocket. Adapters implement it; the calls never throw. */
export interface Socket {
  /** Whether the peer agreed to take compressed frames. */
  readonly compresses: boolean;
  /** Bytes handed over and not yet taken by the operating system. */
  readonly waitingBytes: number;
  /** Sends whole WebSocket frames, at once. False when something waits now: `drained` will be called. */
  write(frames: Uint8Array): boolean;
  /** The same, and those of several places in one write. */
  writeTogether(frames: readonly Uint8Array[]): boolean;
  /** Stops and restarts reading from the peer. */
  pause(): void;
  resume(): void;
  /** Starts the closing handshake. The reason has at most 123 bytes. */
  close(code: number, reason: string): void;
  /** Cuts the connection. */
  terminate(): void;
}

/** What a socket tells the core. Nothing is called after `closed`. */
export interface SocketListener {
  /** A text frame arrived. */
  message(text: string): void;
  /** A binary frame arrived. */
  binary(): void;
  /** A pong arrived, with a payload as long as those of our pings. */
  pong(payload: number): void;
  /** `waitingBytes` fell to zero. */
  drained(): void;
  closed(code: number): void;
}

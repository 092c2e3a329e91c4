/** `toServer`: what the client sends. `toClient`: what the server sends. */
export type Direction = 'toServer' | 'toClient';

export const DIRECTIONS = ['toServer', 'toClient'] as const;

/** What becomes of the bytes of one direction. */
export interface Conditions {
  swallow: boolean;
  delayMs: number;
  /** Nothing is taken from the sender, whose buffers fill. */
  hold: boolean;
  /** Bytes pass in pieces of this size. */
  pieceBytes: number;
  /** As many bytes pass in a second, of each connection. */
  bytesPerSecond: number;
  /** Cut the connection after so many more bytes. */
  cutAfter: number;
}

/** A network as it should be. */
export const CLEAR: Conditions = {
  swallow: false,
  delayMs: 0,
  hold: false,
  pieceBytes: Number.POSITIVE_INFINITY,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  cutAfter: Number.POSITIVE_INFINITY,
};

/** What a proxy has done to connections so far. */
export interface Harm {
  /** Connections cut, or refused from the start. */
  cut: number;
  swallowedBytes: number;
  /** Bytes that came late or in pieces. */
  slowedBytes: number;
  /** Times that a sender was held back. */
  held: number;
}

/**
 * What a socket reports. Nothing is reported after {@link Transport.close}, nothing after `lost`, and nothing within a
 * call of the transport.
 */
export interface TransportListener {
  opened(): void;
  received(text: string): void;
  /** It ended, or never opened. The code is a hint: a cut is often reported as 1000. */
  lost(code: number, reason: string): void;
}

/** One socket, used for one attempt. */
export interface Transport {
  send(text: string): void;
  /** Ends it at once and for good, whatever it is doing. */
  close(): void;
}

/** Starts a socket. Never throws: a failure is reported to the listener. */
export type OpenTransport = (
  url: string,
  subprotocol: string,
  timeoutMs: number,
  listener: TransportListener,
) => Transport;

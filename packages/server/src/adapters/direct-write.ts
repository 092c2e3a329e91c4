import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * Writing past Node's stream, straight to its TCP handle: a tenth of what a delivery costs, because neither the stream nor
 * its state is touched for it. Nothing of this is public in Node. So where something does not look as it is known, there is no
 * handle, and the stream is used as everybody uses it.
 */
export interface TcpHandle {
  /** Bytes that the operating system has not taken. */
  readonly writeQueueSize: number;
  writeBuffer(request: WriteRequest, bytes: Uint8Array): number;
  writev(request: WriteRequest, chunks: readonly Uint8Array[], allBuffers: true): number;
}

/** A write of which something waits. */
export interface WriteRequest {
  /** Node calls it when the operating system has taken all of it; with a negative status when it never will. */
  oncomplete?: (status: number) => void;
  /** Must not be collected before, because the handle refers to it. */
  bytes?: unknown;
}

const Request = learnRequest();
/** Is for the next write: what the operating system takes at once leaves no trace in it. */
let spare = Request && new Request();

/** The handle of a connection; `undefined` when it has none that can be written to directly, as one with TLS. */
export function tcpHandleOf(connection: Duplex): TcpHandle | undefined {
  // On Windows a request may be used although its handle says that nothing waits.
  if (spare === undefined || process.platform === 'win32' || !(connection instanceof Socket))
    return undefined;
  const { _handle: handle } = connection as unknown as { _handle?: TcpHandle };
  const known =
    handle?.constructor.name === 'TCP' &&
    typeof handle.writeQueueSize === 'number' &&
    typeof handle.writeBuffer === 'function' &&
    typeof handle.writev === 'function';
  return known ? handle : undefined;
}

/**
 * Writes whole frames behind everything that was written before. Returns what waits, if anything does; `failed` when the
 * connection is broken.
 */
export function writeDirectly(handle: TcpHandle, frames: Uint8Array): WriteRequest | 'failed' | undefined {
  if (spare === undefined) return 'failed';
  const status = handle.writeBuffer(spare, frames);
  return status === 0 && handle.writeQueueSize === 0 ? undefined : outcomeOf(status, frames);
}

/** The same with frames of several places, in one write. */
export function writeAllDirectly(
  handle: TcpHandle,
  frames: readonly Uint8Array[],
): WriteRequest | 'failed' | undefined {
  if (spare === undefined) return 'failed';
  const status = handle.writev(spare, frames, true);
  return status === 0 && handle.writeQueueSize === 0 ? undefined : outcomeOf(status, frames);
}

function outcomeOf(status: number, bytes: unknown): WriteRequest | 'failed' | undefined {
  const used = spare;
  spare = Request && new Request();
  if (status !== 0 || used === undefined) return 'failed';
  used.bytes = bytes;
  return used;
}

/** The class of the requests, which Node shows to a handle only: to ours here. */
function learnRequest(): (new () => WriteRequest) | undefined {
  let learned: (new () => WriteRequest) | undefined;
  const handle = {
    writeBuffer(request: WriteRequest) {
      learned = request.constructor as new () => WriteRequest;
      return 0;
    },
  };
  try {
    const options: object = { handle, readable: false, writable: true };
    new Socket(options).write(Buffer.of(0));
  } catch {
    return undefined;
  }
  return learned?.name === 'WriteWrap' ? learned : undefined;
}

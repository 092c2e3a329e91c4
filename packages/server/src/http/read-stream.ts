import { bodyEndedEarly, bodyTooBig } from './json-body.ts';

/**
 * Reads a stream to its end, and never holds more than the limit.
 *
 * @throws {RequestError} `body_too_big`, or `invalid_json` when it ends early.
 */
export async function readStream(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body?.getReader();
  // The stream is not cancelled: that would cut the connection before the answer.
  for (let chunk = await read(reader); chunk !== undefined; chunk = await read(reader)) {
    size += chunk.byteLength;
    if (size > maxBytes) throw bodyTooBig(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function read(
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
): Promise<Uint8Array | undefined> {
  try {
    return (await reader?.read())?.value;
  } catch (cause) {
    throw bodyEndedEarly(cause);
  }
}

import { parseJson } from '@vitalwire/protocol';
import { RequestError } from '../errors.ts';

/**
 * Reads the JSON body of a request. Never holds more than the limit, and never unpacks anything.
 *
 * @throws {RequestError} `body_too_big`, `unsupported_media_type`, `invalid_json`.
 * @throws {ProtocolError} `invalid_json`.
 */
export async function readJsonBody(request: Request, maxBytes: number): Promise<unknown> {
  const { headers } = request;
  if (!isJson(headers.get('Content-Type'))) {
    throw new RequestError('unsupported_media_type', 'send application/json in UTF-8');
  }
  if ((headers.get('Content-Encoding') ?? 'identity') !== 'identity') {
    throw new RequestError('unsupported_media_type', 'send the body without a content encoding');
  }
  // A wrong length is found out below; a right one spares the reading.
  if (Number(headers.get('Content-Length') ?? 0) > maxBytes) throw tooBig(maxBytes);
  return parseJson(decode(await readBytes(request.body, maxBytes)));
}

/** A body without a declared type is taken for JSON. */
function isJson(contentType: string | null): boolean {
  if (contentType === null) return true;
  const [type = '', ...parameters] = contentType.toLowerCase().split(';');
  if (!/^application\/([\w.+-]+\+)?json$/.test(type.trim())) return false;
  return parameters.every((parameter) => !/^\s*charset=(?!"?utf-?8"?\s*$)/.test(parameter));
}

async function readBytes(body: ReadableStream<Uint8Array> | null, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body?.getReader();
  // The stream is not cancelled: that would cut the connection before the answer.
  for (let chunk = await read(reader); chunk !== undefined; chunk = await read(reader)) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooBig(maxBytes);
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
    throw new RequestError('invalid_json', 'the body ended early', { cause });
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new RequestError('invalid_json', 'the body is not UTF-8');
  }
}

function tooBig(maxBytes: number): RequestError {
  return new RequestError('body_too_big', `the body may have at most ${maxBytes} bytes`);
}

import { RequestError } from '../errors.ts';
import type { IncomingPublish } from './publish-endpoint.ts';

/**
 * Reads the body of a request, which is to be JSON. Never holds more than the limit, and never unpacks anything.
 *
 * @throws {RequestError} `body_too_big`, `unsupported_media_type`, `invalid_json`.
 */
export async function readJsonText(request: IncomingPublish, maxBytes: number): Promise<string> {
  if (!isJson(request.header('content-type'))) {
    throw new RequestError('unsupported_media_type', 'send application/json in UTF-8');
  }
  if ((request.header('content-encoding') ?? 'identity') !== 'identity') {
    throw new RequestError('unsupported_media_type', 'send the body without a content encoding');
  }
  // A wrong length is found out below; a right one spares the reading.
  if (Number(request.header('content-length') ?? 0) > maxBytes) throw bodyTooBig(maxBytes);
  return decode(await request.body(maxBytes));
}

/** A body without a declared type is taken for JSON. */
function isJson(contentType: string | undefined): boolean {
  if (contentType === undefined || contentType === 'application/json') return true;
  const [type = '', ...parameters] = contentType.toLowerCase().split(';');
  if (!/^application\/([\w.+-]+\+)?json$/.test(type.trim())) return false;
  return parameters.every((parameter) => !/^\s*charset=(?!"?utf-?8"?\s*$)/.test(parameter));
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new RequestError('invalid_json', 'the body is not UTF-8');
  }
}

export function bodyTooBig(maxBytes: number): RequestError {
  return new RequestError('body_too_big', `the body may have at most ${maxBytes} bytes`);
}

export function bodyEndedEarly(cause?: unknown): RequestError {
  return new RequestError('invalid_json', 'the body ended early', { cause });
}

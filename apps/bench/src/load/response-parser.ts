const HEAD_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/** Is called for every response: its status, and the body as it stands on the wire. */
export type OnResponse = (status: number, body: string) => void;

/** Cuts what an HTTP/1.1 server sends over one connection into responses, for a client that asks one thing at a time. */
export class ResponseParser {
  readonly #onResponse: OnResponse;
  #rest: Buffer | undefined;

  constructor(onResponse: OnResponse) {
    this.#onResponse = onResponse;
  }

  /** Takes the first bytes of a memory that may be used again afterwards. */
  push(memory: Buffer, length: number): void {
    const chunk = memory.subarray(0, length);
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = undefined;
    const head = bytes.indexOf(HEAD_END);
    const end = head < 0 ? undefined : endOf(bytes, head);
    if (end === undefined) this.#rest = Buffer.from(bytes);
    else if (end < bytes.length) throw new Error('the server sent more than it was asked for');
    else {
      const status = Number(bytes.toString('latin1', 9, 12));
      this.#onResponse(status, bytes.toString('utf8', head + HEAD_END.length));
    }
  }
}

/** Where a response ends; `undefined` when its end has not arrived. */
function endOf(bytes: Buffer, head: number): number | undefined {
  const headers = bytes.toString('latin1', 0, head).toLowerCase();
  const bodyAt = head + HEAD_END.length;
  const length = /\r\ncontent-length: *(\d+)/.exec(headers)?.[1];
  if (length !== undefined) {
    const end = bodyAt + Number(length);
    return end <= bytes.length ? end : undefined;
  }
  if (!headers.includes('transfer-encoding: chunked')) throw new Error('a response has no length');
  return bytes.subarray(bodyAt).subarray(-LAST_CHUNK.length).equals(LAST_CHUNK) ? bytes.length : undefined;
}

/** A client says its token early. Beyond this nobody listens any more. */
const MOST_BYTES = 65_536;

/**
 * Finds out whose connection it is, from what the client sends: the token in the address, or the one in its command
 * `authenticate`. Understands WebSocket connections in clear text, without compression, as Vitalwire's are.
 */
export class Speaker {
  #heard = Buffer.alloc(0);
  #done = false;
  /** The `sub` of the token; `undefined` until it was said. */
  userId: string | undefined;

  /** Takes what the client sends next. */
  hear(bytes: Buffer): void {
    if (this.#done) return;
    this.#heard = Buffer.concat([this.#heard, bytes]);
    this.userId = userIdIn(this.#heard);
    this.#done = this.userId !== undefined || this.#heard.length > MOST_BYTES;
    if (this.#done) this.#heard = Buffer.alloc(0);
  }
}

function userIdIn(bytes: Buffer): string | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [line = ''] = bytes.toString('latin1', 0, end).split('\r\n', 1);
  const token = /[?&]token=([\w.-]+)/.exec(line)?.[1];
  if (token !== undefined) return subOf(token);
  for (const text of textsIn(bytes.subarray(end + 4))) {
    const command = parse(text);
    if (command?.['type'] === 'authenticate') return subOf(String(command['token']));
  }
  return undefined;
}

/** The payloads of the frames that are complete. A client's frames are masked. */
function* textsIn(bytes: Buffer): Generator<string> {
  let rest = bytes;
  while (rest.length >= 6) {
    const short = rest.readUInt8(1) & 0x7f;
    if (short === 127 || (short === 126 && rest.length < 8)) return;
    const mask = short === 126 ? 4 : 2;
    const length = short === 126 ? rest.readUInt16BE(2) : short;
    const end = mask + 4 + length;
    if (rest.length < end) return;
    const key = rest.subarray(mask, mask + 4);
    const payload = rest.subarray(mask + 4, end).map((byte, index) => byte ^ (key[index % 4] ?? 0));
    yield Buffer.from(payload).toString();
    rest = rest.subarray(end);
  }
}

function subOf(token: string): string | undefined {
  const sub = parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())?.['sub'];
  return typeof sub === 'string' ? sub : undefined;
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

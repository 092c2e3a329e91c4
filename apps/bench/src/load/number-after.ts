const ZERO = 48;
const NINE = 57;

/**
 * Reads the number after a marker such as `"offset":` in a text, without parsing the text. Texts of one kind look alike,
 * so it looks first where the marker stood last time. `undefined` when the marker is not there.
 */
export class NumberAfter {
  readonly #marker: Buffer;
  #distance = 0;

  constructor(marker: string) {
    this.#marker = Buffer.from(marker);
  }

  read(bytes: Buffer, start: number, end: number): number | undefined {
    const at = this.#find(bytes, start, end);
    if (at === undefined) return undefined;
    let value = 0;
    for (let index = at; index < end; index++) {
      const byte = bytes[index] ?? 0;
      if (byte < ZERO || byte > NINE) break;
      value = value * 10 + byte - ZERO;
    }
    return value;
  }

  /** Where the number begins. */
  #find(bytes: Buffer, start: number, end: number): number | undefined {
    const expected = start + this.#distance;
    if (expected <= end && this.#standsBefore(bytes, expected)) return expected;
    const found = bytes.indexOf(this.#marker, start);
    if (found < 0 || found + this.#marker.length > end) return undefined;
    this.#distance = found + this.#marker.length - start;
    return start + this.#distance;
  }

  #standsBefore(bytes: Buffer, at: number): boolean {
    const marker = this.#marker;
    for (let index = 1; index <= marker.length; index++) {
      if (bytes[at - index] !== marker[marker.length - index]) return false;
    }
    return true;
  }
}

let lastMs = Number.NaN;
let lastText = '';

/**
 * A time in milliseconds since 1970, as it stands on the wire. Where many ask they ask in the same millisecond, and writing
 * a time costs as much as the rest of a short message.
 */
export function timestampOf(ms: number): string {
  if (ms !== lastMs) {
    lastText = new Date(ms).toISOString();
    lastMs = ms;
  }
  return lastText;
}

/**
 * Deepest nesting of arrays and objects that is accepted from clients and publishers; `[]` is one level. It keeps
 * recursive code such as `JSON.stringify` from exhausting the stack.
 */
export const MAX_NESTING = 64;

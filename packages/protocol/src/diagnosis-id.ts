import * as z from 'zod/mini';

/** Identifies a diagnosis, and so its topic: an integer from 1 to 2^53 − 1. */
export const diagnosisIdSchema = z.int().check(z.positive());
export type DiagnosisId = z.infer<typeof diagnosisIdSchema>;

/** Reads a diagnosis id written in decimal, as in the path `/ws/123`; `undefined` when it is none. */
export function parseDiagnosisId(text: string): DiagnosisId | undefined {
  if (!/^[1-9]\d{0,15}$/.test(text)) return undefined;
  const id = Number(text);
  return Number.isSafeInteger(id) ? id : undefined;
}

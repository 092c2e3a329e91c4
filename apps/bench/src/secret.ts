/** The secret that signs the tokens of a run. */
export const SECRET = 'a secret of the bench, which is long enough for HS256';

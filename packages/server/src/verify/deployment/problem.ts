/** Why a deployment cannot be verified, and what to do about it. */
export class VerifyProblem extends Error {
  override readonly name = 'VerifyProblem';
}

const CERTIFICATE =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|CERT_\w+|ERR_TLS_CERT_\w+)$/;

/** What a failed request or connection means, by the code of its innermost cause. */
export function explainFailure(error: unknown, origin: string): string {
  const code = codeOf(error);
  if (code === 'ECONNREFUSED')
    return `nothing listens at ${origin}: is the server running, and is the port right?`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `the host of ${origin} is not known: is --url right?`;
  if (CERTIFICATE.test(code)) {
    return `the certificate of ${origin} is not trusted (${code}): set NODE_EXTRA_CA_CERTS to the file of its authority`;
  }
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER') {
    return `${origin} does not speak TLS: is --url meant to begin with http or ws?`;
  }
  return `${origin} cannot be reached: ${code || messageOf(error)}`;
}

/** What a token needs, for who was refused. */
export function claimsNeeded(diagnosisId: number): string {
  return (
    `the token has to hold the diagnosis in its claim "diagnoses": [${diagnosisId}], or own it in the eyes of the ` +
    `deployment's own authorization, and the scope "broadcast" where owners may not publish; for an HS256 secret, make ` +
    `one with: vitalwire token --sub verify --diagnoses ${diagnosisId} --scope broadcast --expires 1h --jwt-secret-file FILE`
  );
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  // fetch hides the cause; a host with several addresses has one for each.
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  const inner = error.cause === undefined ? '' : codeOf(error.cause);
  if (inner) return inner;
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return codeOf(error) || error.message || error.name;
}

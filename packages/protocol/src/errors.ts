import type * as z from 'zod/mini';

/** Base of every error that Vitalwire throws: a stable `code`, and whether trying again can help. */
export class VitalwireError extends Error {
  override readonly name: string = 'VitalwireError';
  /** Stable name of what went wrong. */
  readonly code: string;
  /** Whether the same request may succeed later. */
  readonly temporary: boolean;

  constructor(code: string, message: string, options: { temporary?: boolean; cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.temporary = options.temporary ?? false;
  }
}

/** One offending field. */
export interface Issue {
  /** Names of fields and indexes from the outside in, joined by dots; empty for the whole. */
  readonly path: string;
  readonly message: string;
}

/** A frame or a body that does not follow the protocol. */
export class ProtocolError extends VitalwireError {
  override readonly name = 'ProtocolError';
  /** Every offending field; empty when the text is no JSON at all. */
  readonly issues: readonly Issue[];

  constructor(code: string, message: string, issues: readonly Issue[] = []) {
    super(code, message);
    this.issues = issues;
  }
}

/** Reads the issues of a zod error. What they say names the rule, and never quotes the value: it may be health data. */
export function issuesOf(error: { readonly issues: readonly z.core.$ZodIssue[] }): Issue[] {
  return error.issues.map((issue) => ({ path: issue.path.map(String).join('.'), message: ruleOf(issue) }));
}

/** Words for an issue; `zod/mini` has none but "Invalid input". */
function ruleOf(issue: z.core.$ZodIssue): string {
  if (issue.message !== 'Invalid input') return issue.message;
  const length =
    'origin' in issue && (issue.origin === 'string' || issue.origin === 'array') ? 'a length of ' : '';
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${issue.expected === 'int' ? 'integer' : issue.expected}`;
    case 'invalid_value':
      return `expected ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
    case 'too_small':
      return `expected ${length}${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`;
    case 'too_big':
      return `expected ${length}${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`;
    case 'invalid_union':
      return (
        [
          ...new Set(
            issue.errors
              .flat()
              .filter((inner) => inner.path.length === 0)
              .map(ruleOf),
          ),
        ].join(', or ') || 'not one of the allowed forms'
      );
    default:
      return 'not in the expected form';
  }
}

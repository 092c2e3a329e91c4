import type * as z from 'zod/mini';
import type { Issue } from './protocol-error.ts';

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

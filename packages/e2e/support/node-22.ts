import { findNode22 } from '../../../scripts/find-node-22.mjs';

/**
 * Whether there is a Node 22 to run programs in: `it.skipIf(!hasNode22())`. `scripts/prepare-node-22.mjs` fetches one.
 *
 * @throws when there is none and `CI` is set, so that nothing passes by being skipped.
 */
export function hasNode22(): boolean {
  const found = findNode22() !== undefined;
  if (!found && process.env['CI']) throw new Error('no Node 22: run `node scripts/prepare-node-22.mjs`');
  return found;
}

/** @throws when there is none. */
export function node22(): string {
  const found = findNode22();
  if (found === undefined) throw new Error('no Node 22: run `node scripts/prepare-node-22.mjs`');
  return found;
}

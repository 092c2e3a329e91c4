import type { Position } from '@vitalwire/protocol';
import type { HandlerContext } from './continuity.ts';

/** How far the handlers of a subscription have come, by what was handed to them and what they committed. */
export interface Progress {
  /** Everything up to here was processed. */
  readonly position: Position | undefined;
  /** Commits what was handed out last. */
  commit(): void;
  /** Hands something out: everything up to `position` can be committed from then on. */
  handOut(position: Position | undefined): HandlerContext;
  /** Begins at a position. What was handed out before does not move it any more. */
  begin(position: Position | undefined): void;
}

/** Creates the progress of a subscription. It calls `moved` when the position moved. */
export function createProgress(moved: () => void): Progress {
  let position: Position | undefined;
  /** Numbers what was handed out. */
  let turn = 0;
  /** The turn that the position stands at; an earlier one does not move it. */
  let committed = 0;
  let commit = () => {};
  return {
    get position() {
      return position;
    },
    commit: () => commit(),
    handOut(next) {
      const mine = ++turn;
      commit = () => {
        if (mine <= committed) return;
        committed = mine;
        position = next;
        moved();
      };
      return { commit };
    },
    begin(start) {
      committed = turn;
      position = start;
    },
  };
}

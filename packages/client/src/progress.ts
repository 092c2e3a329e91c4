import type { Position } from '@vitalwire/protocol';
import type { HandlerContext } from './continuity.ts';

/** How far the handlers of a subscription have come, by what was handed to them and what they committed. */
export class Progress {
  /** Everything up to here was processed. */
  position: Position | undefined;
  readonly #moved: () => void;
  /** Numbers what was handed out. */
  #turn = 0;
  /** The turn that the position stands at; an earlier one does not move it. */
  #committed = 0;
  /** Commits what was handed out last. */
  commit = () => {};

  constructor(moved: () => void) {
    this.#moved = moved;
  }

  /** Hands something out: everything up to `position` can be committed from then on. */
  handOut(position: Position | undefined): HandlerContext {
    const turn = ++this.#turn;
    this.commit = () => {
      if (turn <= this.#committed) return;
      this.#committed = turn;
      this.position = position;
      this.#moved();
    };
    return { commit: this.commit };
  }

  /** Begins at a position. What was handed out before does not move it any more. */
  begin(position: Position | undefined): void {
    this.#committed = this.#turn;
    this.position = position;
  }
}

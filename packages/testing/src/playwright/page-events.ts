import type { GapReason, Position } from '@vitalwire/protocol';

/** A publication as a handler was given it. */
export interface HandledPublication extends Position {
  readonly type: string;
  readonly diagnosis_id: number;
  readonly data: unknown;
  readonly recovered: boolean;
}

/** How a subscription began, or began again. */
export interface Continuity {
  /** `fresh` and `live`: there was nothing to make up for. */
  readonly status: 'fresh' | 'live' | 'recovered' | 'gap';
  /** Publications that followed from before. */
  readonly count: number;
  readonly reason?: GapReason;
}

/** The state of a subscription, as the page's client tells it. */
export interface SubscriptionState {
  readonly name: string;
  /** While catching up and live. */
  readonly continuity?: Continuity;
  /** The same, of clients that call it so. */
  readonly recovery?: Continuity;
  /** While stopped. */
  readonly reason?: string;
}

/** What the observer in a page reports. `page` is one life of a page: a reload begins another. */
export type ClientEvent = { readonly page: string } & (
  | { readonly kind: 'shown'; readonly inFrame: boolean }
  | { readonly kind: 'connection'; readonly state: { readonly name: string; readonly reason?: string } }
  | {
      readonly kind: 'state';
      readonly subscription: string;
      readonly diagnosisId: number;
      readonly state: SubscriptionState;
    }
  | { readonly kind: 'handler'; readonly handler: string }
  | {
      readonly kind: 'handled';
      readonly handler: string;
      readonly failed: boolean;
      /** It came on top of a state that was loaded: for each state the handler has another name. */
      readonly onState?: boolean;
      readonly publication: HandledPublication;
    }
);

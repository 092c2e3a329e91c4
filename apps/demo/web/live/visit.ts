import type { AnyPublication, Gap, SubscriptionState } from '@vitalwire/client';

/** What arrived since the page was opened, over all diagnoses. */
export interface Visit {
  /** The newest arrivals, in their order. */
  readonly arrivals: readonly AnyPublication[];
  /** How many there were in all. */
  readonly arrived: number;
  /** How many of these had been published while nobody was here to receive them. */
  readonly recovered: number;
  readonly gaps: readonly Gap[];
  /** How the diagnoses that are followed are subscribed to. */
  readonly subscriptions: Readonly<Record<number, SubscriptionState>>;
}

/** What the page is told. */
export type VisitEvent =
  | { readonly type: 'arrived'; readonly publication: AnyPublication }
  | { readonly type: 'gap'; readonly gap: Gap }
  | { readonly type: 'state'; readonly diagnosisId: number; readonly state: SubscriptionState };

export const BEGINNING: Visit = { arrivals: [], arrived: 0, recovered: 0, gaps: [], subscriptions: {} };

/** More than a visitor will scroll through; the log of the server holds the rest. */
const MOST_ARRIVALS = 400;

export function advance(visit: Visit, event: VisitEvent): Visit {
  switch (event.type) {
    case 'arrived':
      return {
        ...visit,
        arrivals: [...visit.arrivals, event.publication].slice(-MOST_ARRIVALS),
        arrived: visit.arrived + 1,
        recovered: visit.recovered + (event.publication.recovered ? 1 : 0),
      };
    case 'gap':
      return { ...visit, gaps: [...visit.gaps, event.gap] };
    case 'state':
      return { ...visit, subscriptions: { ...visit.subscriptions, [event.diagnosisId]: event.state } };
  }
}

/** What arrived of one diagnosis. */
export function arrivalsOf({ arrivals }: Visit, diagnosisId: number): readonly AnyPublication[] {
  return arrivals.filter(({ diagnosis_id }) => diagnosis_id === diagnosisId);
}

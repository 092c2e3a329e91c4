import type { AnyPublication, ConnectionState, SubscriptionState } from '@vitalwire/client';
import type { GapReason } from '@vitalwire/protocol';

const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** The time of what happened today, the day of what happened before. */
export function when(iso: string): string {
  const date = new Date(iso);
  return new Date().toDateString() === date.toDateString() ? clock.format(date) : day.format(date);
}

export function dayOf(iso: string): string {
  return day.format(new Date(iso));
}

/** One line about a publication. */
export function headline({ type, data }: AnyPublication): string {
  switch (type) {
    case 'feedback_update':
      return `Feedback: ${data.rating} of 5, felt effect ${percent(data.effectiveness)}`;
    case 'effectiveness_update':
      return `${data.herb ?? 'Effectiveness'} measured at ${percent(data.new_effectiveness)}`;
    case 'recommendation_update': {
      const { herb, dosage, frequency } = data.new_recommendation;
      return `Recommended now: ${herb}, ${dosage}, ${frequency}`;
    }
  }
}

/** What a state means to somebody who never saw the protocol. */
export function nameOfConnection(
  state: ConnectionState,
  subscriptions: readonly SubscriptionState[],
): string {
  switch (state.name) {
    case 'connected':
      if (subscriptions.some(({ name }) => name === 'catching_up')) return 'Catching up';
      return subscriptions.some(({ name }) => name === 'live') ? 'Live' : 'Connected';
    case 'connecting':
      return 'Connecting';
    case 'waiting':
      return 'Waiting to reconnect';
    case 'disconnected':
      return 'On hold';
    case 'stopped':
      return 'Stopped';
    case 'closed':
      return 'Closed';
  }
}

export function nameOfSubscription(state: SubscriptionState): string {
  switch (state.name) {
    case 'live':
      return 'live';
    case 'catching_up':
      return 'catching up';
    case 'connecting':
      return 'connecting';
    case 'waiting':
      return 'waiting';
    case 'disconnected':
      return 'on hold';
    case 'stopped':
      return `stopped: ${state.reason}`;
  }
}

export const GAP_REASONS: Readonly<Record<GapReason, string>> = {
  retention: 'The server keeps only the newest messages, and these were older.',
  epoch_changed: 'The server lost its log and began a new one.',
  position_unknown: 'The server does not know the place where this page left off.',
};

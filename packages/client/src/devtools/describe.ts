import type { InspectionEvent } from '../inspect.ts';

/** One row of the panel. */
export interface Row {
  /** What the eye finds it by: ↑ sent, ↓ received, • anything else. */
  readonly mark: '↑' | '↓' | '•';
  readonly title: string;
  readonly detail: string;
  /** What a reader may hide. */
  readonly group: 'frames' | 'states' | 'recoveries' | 'timings';
  readonly tone: 'plain' | 'good' | 'bad' | 'quiet';
}

const TIMINGS = {
  token: 'token',
  open: 'open',
  authenticated: 'authenticated',
  live: 'live',
  round_trip: 'round trip',
};

/** The name of a timing, as it is shown. */
export function nameOfTiming(timing: keyof typeof TIMINGS): string {
  return TIMINGS[timing];
}

/** The words of an event. */
export function describe(event: InspectionEvent): Row {
  switch (event.type) {
    case 'state': {
      const { state } = event;
      const detail =
        state.name === 'stopped'
          ? state.reason
          : state.name === 'waiting'
            ? `tries again in ${Math.max(0, state.retryAt - event.at)} ms`
            : 'failures' in state && state.failures > 0
              ? `after ${state.failures} failures`
              : '';
      const tone = state.name === 'connected' ? 'good' : state.name === 'stopped' ? 'bad' : 'plain';
      return { mark: '•', title: state.name, detail, group: 'states', tone };
    }
    case 'frame': {
      const { direction, length, frame } = event;
      const place = [
        frame?.['diagnosis_id'] !== undefined && `No. ${frame['diagnosis_id']}`,
        frame?.['offset'] !== undefined && `@${frame['offset']}`,
        frame?.['after'] !== undefined && `after ${frame['after']}`,
        frame?.['code'],
        frame?.['reason'],
        `${length} B`,
      ];
      return {
        mark: direction === 'out' ? '↑' : '↓',
        title: String(frame?.['type'] ?? 'unreadable'),
        detail: place.filter((part) => part !== false && part !== undefined).join(' · '),
        group: 'frames',
        tone: ['error', 'disconnect', undefined].includes(frame?.['type'] as string) ? 'bad' : 'plain',
      };
    }
    case 'recovery':
    case 'gap': {
      const { recovery, diagnosisId } = event;
      const { status, count } = recovery;
      return {
        mark: '•',
        title: status,
        detail: `No. ${diagnosisId} · ${recovery.status === 'gap' ? recovery.reason : `${count} missed`}`,
        group: 'recoveries',
        tone: status === 'gap' ? 'bad' : 'good',
      };
    }
    case 'timing': {
      const { timing, ms, diagnosisId } = event;
      const detail = `${ms} ms${diagnosisId === undefined ? '' : ` · No. ${diagnosisId}`}`;
      return { mark: '•', title: nameOfTiming(timing), detail, group: 'timings', tone: 'quiet' };
    }
  }
}

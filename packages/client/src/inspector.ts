import { parsePosition, type Recovery } from '@vitalwire/protocol';
import type { ConnectionState } from './connection-state.ts';
import type { InspectionEvent, InspectOptions, Seen } from './inspect.ts';

type Frame = Record<string, unknown>;
type Timing = Extract<InspectionEvent, { type: 'timing' }>['timing'];

/** What says where a frame belongs, and nothing about anybody's health. */
const ENVELOPE = [
  ...['type', 'diagnosis_id', 'timestamp', 'epoch', 'offset', 'id', 'after'],
  ...['code', 'message', 'reason', 'reconnect', 'retry_after_ms'],
];

/** Unanswered pings that are remembered. */
const MOST_PINGS = 20;

function read(text: string): Frame | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Frame)
      : undefined;
  } catch {
    return undefined;
  }
}

/** A frame as it may be shown. */
function redact(frame: Frame, contents: boolean): Frame {
  const shown = contents
    ? { ...frame }
    : Object.fromEntries(Object.entries(frame).filter(([name]) => ENVELOPE.includes(name)));
  if ('token' in frame) shown['token'] = '…';
  if (!contents && 'data' in frame) {
    const { recovery, id } = (frame['data'] ?? {}) as Frame;
    shown['data'] = recovery ? { recovery } : id === undefined ? '…' : { id };
  }
  return shown;
}

/** Makes sense of what a connection shows, in the order in which it came. */
export function createInspector(
  listener: (event: InspectionEvent) => void,
  report: (error: unknown) => void,
  { contents = false }: InspectOptions,
): (...seen: Seen) => void {
  const emit = (event: InspectionEvent) => {
    try {
      listener(event);
    } catch (error) {
      report(error);
    }
  };
  let begunAt: number | undefined;
  let opened = false;
  /** Subscriptions that are catching up: how many publications are left, and the position that ends it. */
  const behind = new Map<number, { left: number; top: number }>();
  let pings: { id: unknown; at: number }[] = [];

  const time = (at: number, timing: Timing, since = begunAt, diagnosisId?: number) => {
    if (since === undefined) return;
    const ms = Math.max(0, at - since);
    emit({ at, type: 'timing', timing, ms, ...(diagnosisId !== undefined && { diagnosisId }) });
  };

  const changed = (at: number, state: ConnectionState) => {
    if (state.name === 'connecting') {
      begunAt = at;
      opened = false;
      behind.clear();
      pings = [];
    }
    emit({ at, type: 'state', state });
    if (state.name === 'connected') time(at, 'authenticated');
  };

  const sent = (at: number, { type, id }: Frame) => {
    // The first frame is sent in the moment in which the socket opens.
    if (!opened) time(at, 'open');
    opened = true;
    if (type === 'ping') pings = [...pings, { id, at }].slice(-MOST_PINGS);
  };

  const received = (at: number, { type, diagnosis_id, data, offset }: Frame) => {
    const diagnosisId = Number(diagnosis_id);
    if (type === 'pong') {
      const { id } = (data ?? {}) as Frame;
      // Answers come in order, so what stands before the answered ping is not answered any more.
      const index = pings.findIndex((ping) => ping.id === id);
      if (index >= 0) time(at, 'round_trip', pings[index]?.at);
      pings = pings.slice(index + 1);
    } else if (type === 'connect') {
      const { recovery } = (data ?? {}) as { recovery?: Recovery };
      if (!recovery) return;
      emit({ at, type: recovery.status === 'gap' ? 'gap' : 'recovery', diagnosisId, recovery });
      behind.set(diagnosisId, { left: recovery.count, top: parsePosition(recovery.to)?.offset ?? 0 });
      if (recovery.count === 0) arrived(at, diagnosisId);
    } else {
      const place = behind.get(diagnosisId);
      if (!place || typeof offset !== 'number') return;
      place.left--;
      if (place.left <= 0 || offset >= place.top) arrived(at, diagnosisId);
    }
  };

  const arrived = (at: number, diagnosisId: number) => {
    behind.delete(diagnosisId);
    time(at, 'live', begunAt, diagnosisId);
  };

  return (at, kind, value) => {
    if (kind === 'state') return changed(at, value as ConnectionState);
    if (kind === 'token') return time(at, 'token');
    const text = String(value);
    const frame = read(text);
    if (frame && kind === 'out') sent(at, frame);
    const shown = frame && redact(frame, contents);
    emit({ at, type: 'frame', direction: kind, length: text.length, frame: shown });
    if (frame && kind === 'in') received(at, frame);
  };
}

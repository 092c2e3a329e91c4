export interface HeartbeatSettings {
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** What is known about the life of a connection. Times are milliseconds since 1970. */
export interface Pulse {
  readonly heardAt: number;
  /** Pings in a row without a frame after them. */
  readonly pings: number;
  /** When to look again. */
  readonly dueAt: number;
}

// A timer that is later than this part of its wait was held up, with the frames that it would have to count: by sleep, a
// throttled tab, a busy page.
const LATE_PART = 0.1;

/**
 * Looks at a pulse when it is due: `undefined` when the connection is dead, else the next pulse, with a ping to send
 * when `pings` grew. A ping whose timer came late is repeated once with the full wait, because what answered it may
 * not have been read yet.
 */
export function beat(
  pulse: Pulse,
  now: number,
  { intervalMs, timeoutMs }: HeartbeatSettings,
): Pulse | undefined {
  const { heardAt, pings, dueAt } = pulse;
  if (pings > 1 || (pings === 1 && now - dueAt <= timeoutMs * LATE_PART)) return undefined;
  const quiet = now - heardAt;
  // A clock that was set back makes the silence negative: unknown, so ask.
  return pings === 0 && quiet >= 0 && quiet < intervalMs
    ? { heardAt, pings, dueAt: heardAt + intervalMs }
    : { heardAt, pings: pings + 1, dueAt: now + timeoutMs };
}

/** Of a connection that has to prove itself: a ping is due. */
const UNHEARD: Pulse = { heardAt: -Infinity, pings: 0, dueAt: 0 };

/** A running heartbeat. */
export interface Heartbeat {
  /** A frame arrived; `pong`: the id of the ping that it answers. */
  heard(pong?: unknown): void;
  /** The connection is suspect: ping now, and wait this long only, for the answer to just this ping. */
  doubt(timeoutMs: number): void;
  stop(): void;
}

/**
 * Starts with a ping, since a new connection has to prove itself. Calls `dead` at most once, `doubted` when it was the
 * answer after a doubt that did not come.
 */
export function startHeartbeat(
  settings: HeartbeatSettings,
  ping: (id?: string) => void,
  dead: (doubted: boolean) => void,
): Heartbeat {
  let pulse = UNHEARD;
  let timer: ReturnType<typeof setTimeout>;
  let doubts = 0;
  /** The ping whose answer alone ends a doubt: other frames may have been on their way since before a sleep. */
  let proof: string | undefined;
  let { timeoutMs } = settings;
  const look = () => {
    const now = Date.now();
    const next = beat(pulse, now, { ...settings, timeoutMs });
    if (!next) return dead(proof !== undefined);
    if (next.pings > pulse.pings) ping(proof);
    pulse = next;
    clearTimeout(timer);
    timer = setTimeout(look, Math.max(next.dueAt - now, 0));
  };
  look();
  return {
    heard(pong) {
      if (proof !== undefined && pong !== proof) return;
      proof = undefined;
      timeoutMs = settings.timeoutMs;
      // The timer stays: setting one for every frame would be dear.
      pulse = { ...pulse, heardAt: Date.now(), pings: 0 };
    },
    doubt(waitMs) {
      // The signs of a wake come together; the first of them sets the time, unless the device slept again.
      if (proof !== undefined && Date.now() < pulse.dueAt) return;
      proof = `wake ${++doubts}`;
      timeoutMs = waitMs;
      pulse = UNHEARD;
      look();
    },
    stop: () => clearTimeout(timer),
  };
}

import { openReconnectingWebSocket } from '../reconnecting-websocket.ts';
import { readClaims } from '../token.ts';
import type { OpenTransport, Transport, TransportListener } from '../transport.ts';
import { OWN, Switchboard } from './switchboard.ts';

/** A leader in the same browser answers within milliseconds, unless its page hangs. */
const WELCOME_MS = 1_000;
/** How often a tab asks whether its leader is still there: some browsers stop hidden pages and tell nobody. */
const GREET_MS = 3_000;
/** A tab that waited so long for the answer to a ping, and gave up, does not trust its leader again. */
const SUSPICIOUS_MS = 900;

/** What tabs say to each other. `to`: the tabs that it is for; the leader where it is absent. */
interface Note {
  readonly kind: 'hello' | 'welcome' | 'said' | 'frame' | 'dismissed' | 'lost' | 'bye';
  readonly from: string;
  readonly to?: readonly string[] | 'all';
  readonly text?: string;
}

/** How one attempt reaches the server. */
interface Role {
  send(text: string): void;
  close(): void;
}

/**
 * A transport by which all tabs of a browser share one connection, where they have the same server and the same user
 * (the `sub` of their tokens, without which each tab connects alone). One of them leads, the others talk to it. When it
 * is closed or frozen another takes over, and each tab resumes from its own position, as after any loss. A tab has a
 * connection of its own where the browser lacks Web Locks or BroadcastChannel, where the leader does not answer, and
 * where only that can prove that nothing is missing. Tokens are not passed between tabs.
 *
 * @example
 * createClient({ url: '/ws', getToken, transport: shareAcrossTabs() });
 */
export function shareAcrossTabs({ transport = openReconnectingWebSocket } = {}): OpenTransport {
  /** The next attempt goes without the others. */
  let alone = false;
  return (url, subprotocol, timeoutMs, listener) => {
    const direct = (own: TransportListener) => transport(url, subprotocol, timeoutMs, own);
    const { navigator, BroadcastChannel } = globalThis;
    const shares = !alone && navigator?.locks && BroadcastChannel;
    alone = false;
    if (!shares) return direct(listener);
    return new SharedTransport(url, direct, listener, () => {
      alone = true;
    });
  };
}

/** One attempt of one tab, whose role shows when the token says whose it is. */
class SharedTransport implements Transport {
  readonly #url: string;
  readonly #direct: (listener: TransportListener) => Transport;
  readonly #listener: TransportListener;
  readonly #distrust: () => void;
  /** Ends whatever belongs to this attempt: locks, and the waits for them. */
  readonly #over = new AbortController();
  #role: Role | undefined;
  /** What was said before the role was found. */
  #early: string[] = [];

  constructor(
    url: string,
    direct: (listener: TransportListener) => Transport,
    listener: TransportListener,
    distrust: () => void,
  ) {
    this.#url = url;
    this.#direct = direct;
    this.#listener = listener;
    this.#distrust = distrust;
    // The client says whose connection this is only on an open one.
    queueMicrotask(() => this.#over.signal.aborted || listener.opened());
  }

  send(text: string): void {
    if (this.#role) return this.#role.send(text);
    if (this.#early.push(text) === 1) void this.#begin(text);
  }

  close(): void {
    if (this.#over.signal.aborted) return;
    this.#role?.close();
    this.#over.abort();
  }

  #lost(code: number, reason: string): void {
    if (this.#over.signal.aborted) return;
    this.close();
    this.#listener.lost(code, reason);
  }

  async #begin(authenticate: string): Promise<void> {
    const { sub } = readClaims(String(JSON.parse(authenticate).token));
    if (sub === undefined) return this.#play(this.#alone());
    // Versioned, since tabs may run different versions of the page.
    const key = `vitalwire.tabs.1:${encodeURIComponent(sub)}:${this.#url}`;
    try {
      await navigator.locks.request(key, { ifAvailable: true }, (lock) => {
        if (this.#over.signal.aborted) return;
        if (lock) return this.#lead(key);
        void this.#follow(key);
      });
    } catch {
      // The page may not use locks.
      if (!this.#over.signal.aborted) this.#play(this.#alone());
    }
  }

  #play(role: Role): void {
    this.#role = role;
    for (const text of this.#early.splice(0)) role.send(text);
  }

  /** A connection of this tab's own. */
  #alone(receive?: (text: string) => void): Role {
    let waiting: string[] | undefined = [];
    const transport = this.#direct({
      opened: () => {
        for (const text of waiting ?? []) transport.send(text);
        waiting = undefined;
      },
      received: receive ?? ((text) => this.#listener.received(text)),
      lost: (code, reason) => this.#lost(code, reason),
    });
    return {
      send(text) {
        if (waiting) waiting.push(text);
        else transport.send(text);
      },
      close: () => transport.close(),
    };
  }

  /** Has the connection, for as long as the returned promise is not kept. */
  #lead(key: string): Promise<void> {
    const { signal } = this.#over;
    const from = crypto.randomUUID();
    const known = new Set<string>();
    const channel = new BroadcastChannel(key);
    const note = (kind: Note['kind'], to: Note['to'], text?: string) =>
      channel.postMessage({ kind, from, to, text } as Note);
    const connection = this.#alone((text) => {
      switchboard.heard(text, (goodbye) => note('frame', 'all', goodbye));
    });
    const switchboard = new Switchboard({
      send: (text) => connection.send(text),
      deliver: (tabs, text) => {
        const others = tabs.filter((tab) => tab !== OWN);
        if (others.length > 0) note('frame', others, text);
        // Later, since a topic that is here already is answered within the command.
        if (others.length < tabs.length) {
          queueMicrotask(() => signal.aborted || this.#listener.received(text));
        }
      },
      dismiss: (tab) => {
        if (tab !== OWN) {
          switchboard.left(tab);
          return note('dismissed', [tab]);
        }
        this.#distrust();
        // Not within the command that led here.
        queueMicrotask(() => this.#lost(1006, ''));
      },
    });
    channel.onmessage = ({ data }: MessageEvent<Note>) => {
      if (data.to) return;
      if (data.kind === 'said') switchboard.said(data.from, data.text ?? '');
      if (data.kind === 'bye') switchboard.left(data.from);
      if (data.kind !== 'hello') return;
      note('welcome', [data.from]);
      if (known.size === known.add(data.from).size) return;
      // A tab that is killed says no goodbye, but its lock becomes free.
      navigator.locks.request(data.from, { signal }, () => switchboard.left(data.from)).catch(() => {});
    };
    this.#play({
      send: (text) => switchboard.said(OWN, text),
      close() {
        note('lost', 'all');
        channel.close();
        connection.close();
      },
    });
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
  }

  /** Talks to the tab that has the connection. */
  async #follow(key: string): Promise<void> {
    const { signal } = this.#over;
    const from = crypto.randomUUID();
    const channel = new BroadcastChannel(key);
    const note = (kind: Note['kind'], text?: string) => channel.postMessage({ kind, from, text } as Note);
    const gone = () => this.#lost(1006, '');
    let leader: string | undefined;
    /** When the oldest unanswered ping was said. */
    let askedAt = Infinity;

    channel.onmessage = ({ data }: MessageEvent<Note>) => {
      if (data.to !== 'all' && !data.to?.includes(from)) return;
      if (data.kind === 'welcome' && leader === undefined) {
        leader = data.from;
        clearTimeout(timer);
        timer = setInterval(watch, GREET_MS);
        this.#play({ send, close });
      }
      if (data.from !== leader) return;
      answered = true;
      if (data.kind === 'frame') {
        if (/"type":"pong"/.test(data.text ?? '')) askedAt = Infinity;
        this.#listener.received(data.text ?? '');
      }
      if (data.kind === 'dismissed') this.#distrust();
      if (data.kind === 'dismissed' || data.kind === 'lost') gone();
    };
    const send = (text: string) => {
      const { type } = JSON.parse(text);
      if (type === 'ping') askedAt = Math.min(askedAt, Date.now());
      // The leader has its own token, and this one is nobody's business.
      if (type !== 'authenticate') note('said', text);
    };
    const close = () => {
      if (Date.now() - askedAt >= SUSPICIOUS_MS) this.#distrust();
      note('bye');
      channel.close();
    };
    let answered = true;
    const watch = () => {
      if (answered) {
        answered = false;
        return note('hello');
      }
      this.#distrust();
      gone();
    };
    const begunAt = Date.now();
    const greet = () => {
      if (signal.aborted) return;
      if (Date.now() - begunAt < WELCOME_MS) {
        note('hello');
        timer = setTimeout(greet, WELCOME_MS / 5);
        return;
      }
      channel.close();
      leader = '';
      this.#play(this.#alone());
    };
    let timer: ReturnType<typeof setTimeout> | undefined;

    // Held until the end, so that the leader notices it.
    navigator.locks
      .request(from, () => {
        greet();
        return new Promise<void>((resolve) => {
          if (signal.aborted) resolve();
          signal.addEventListener('abort', () => resolve());
        });
      })
      .catch(() => {});
    // Free when the leader is gone. Whoever is back first leads then.
    await navigator.locks.request(key, { signal }, () => leader !== '' && gone()).catch(() => {});
    clearTimeout(timer);
    channel.close();
  }
}

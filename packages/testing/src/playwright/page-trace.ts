import type { Page, WebSocketRoute } from '@playwright/test';
import type { Catalogue, StandardCatalogue } from '@vitalwire/protocol';
import { Replay } from '../trace/replay.ts';
import type { Trace } from '../trace/trace.ts';
import { type RecordingOptions, TraceRecorder } from '../trace/trace-recorder.ts';

/**
 * Records what passes between the clients of a page and their server from now on. Tokens and contents are redacted as they
 * come.
 */
export function recordPage<C extends Catalogue = StandardCatalogue>(
  page: Page,
  options: RecordingOptions<C> = {},
): { readonly trace: Trace<C> } {
  const recorder = new TraceRecorder(options);
  page.on('websocket', (socket) => {
    const connection = recorder.connection(socket.url());
    // Playwright tells neither when it opened nor how it ended.
    let opened = false;
    let end = { code: 1006, reason: '' };
    const begin = () => {
      if (!opened) connection.opened();
      opened = true;
    };
    socket.on('framesent', ({ payload }) => {
      begin();
      connection.sent(String(payload));
    });
    socket.on('framereceived', ({ payload }) => {
      begin();
      connection.received(String(payload));
      end = goodbyeIn(String(payload)) ?? end;
    });
    socket.on('close', () => connection.lost(end.code, end.reason));
  });
  return {
    get trace() {
      return recorder.trace;
    },
  };
}

/**
 * Replays a trace to the clients of a page that connect to this address from now on. Nothing reaches a server.
 *
 * @param url as `page.routeWebSocket` takes it.
 */
export async function replayInPage<C extends Catalogue = StandardCatalogue>(
  page: Page,
  trace: Trace<C>,
  url: string | RegExp = /\/ws$/,
): Promise<Replay<C>> {
  const replay = new Replay(trace);
  await page.routeWebSocket(url, (socket) => {
    const hear = replay.connect({
      accept: () => {},
      push: (text) => socket.send(text),
      lose: (code, reason) => void close(socket, code, reason),
    });
    socket.onMessage((text) => hear(String(text)));
  });
  return replay;
}

/** A page may be told only some codes; the goodbye before has said the others. */
async function close(socket: WebSocketRoute, code: number, reason: string): Promise<void> {
  await socket.close(code === 1000 || code >= 3000 ? { code, reason } : {}).catch(() => {});
}

function goodbyeIn(text: string): { code: number; reason: string } | undefined {
  if (!text.startsWith('{"type":"disconnect"')) return undefined;
  const { code, reason } = JSON.parse(text) as { code: number; reason: string };
  return { code, reason };
}

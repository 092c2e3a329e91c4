import type { OpenTransport } from '@vitalwire/client/transport';
import type { Catalogue, StandardCatalogue } from '@vitalwire/protocol';
import { openWebSocket } from './open-web-socket.ts';
import type { Trace } from './trace.ts';
import { type RecordingOptions, TraceRecorder } from './trace-recorder.ts';

/**
 * A transport that records what passes through another one.
 *
 * @param open what it records. @default one over the global `WebSocket`
 * @example
 * const recording = recordTransport();
 * const client = createClient({ url, getToken, transport: recording.transport });
 * // … later:
 * writeFileSync('trace.json', JSON.stringify(recording.trace));
 */
export function recordTransport<C extends Catalogue = StandardCatalogue>(
  options: RecordingOptions<C> = {},
  open: OpenTransport = openWebSocket,
): { readonly transport: OpenTransport; readonly trace: Trace<C> } {
  const recorder = new TraceRecorder(options);
  return {
    transport: (url, subprotocol, timeoutMs, listener) => {
      const connection = recorder.connection(url);
      const socket = open(url, subprotocol, timeoutMs, {
        opened() {
          connection.opened();
          listener.opened();
        },
        received(text) {
          connection.received(text);
          listener.received(text);
        },
        lost(code, reason) {
          connection.lost(code, reason);
          listener.lost(code, reason);
        },
      });
      return {
        send(text) {
          connection.sent(text);
          socket.send(text);
        },
        close: () => socket.close(),
      };
    },
    get trace() {
      return recorder.trace;
    },
  };
}

import { createServer, type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { onTestFinished } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { closed, listening } from './deployment.ts';

/** What a proxy makes of the publications of one connection: the frames that it passes on for each. */
export type Flaw = () => (frame: string) => readonly string[];

/** The n-th frame of every m is treated in some way, on each connection from a different one on. */
function every(count: number, treat: (frame: string) => readonly string[]): Flaw {
  let connections = 0;
  return () => {
    let left = count + (connections++ % count);
    return (frame) => {
      left--;
      if (left > 0) return [frame];
      left = count;
      return treat(frame);
    };
  };
}

/** Holds a publication back until the next one has passed. */
function swapping(count: number): Flaw {
  return () => {
    let held: string | undefined;
    let left = count;
    return (frame) => {
      if (held !== undefined) {
        const late = held;
        held = undefined;
        return [frame, late];
      }
      if (--left > 0) return [frame];
      left = count;
      held = frame;
      return [];
    };
  };
}

export const FLAWS = {
  dropping: every(20, () => []),
  repeating: every(20, (frame) => [frame, frame]),
  swapping: swapping(20),
  damaging: every(20, (frame) => [
    frame.replace('"sample_size":', '"sample_size":1').replace('"rating":', '"rating":1,"r":'),
  ]),
} satisfies Record<string, Flaw>;

/** A proxy that passes everything on but what its flaw makes of publications. Returns its address. */
export async function flawedProxy(url: string, flaw: Flaw): Promise<string> {
  const target = new URL(url);
  const server = createServer((incoming, outgoing) => {
    const { method = 'GET', headers, url: path } = incoming;
    const forward = request(new URL(path ?? '', target), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forward.on('error', () => outgoing.destroy());
    incoming.pipe(forward);
  });
  const webSockets = new WebSocketServer({ noServer: true, handleProtocols: ([first]) => first ?? false });
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    webSockets.handleUpgrade(incoming, socket, head, (client) => {
      const address = new URL(incoming.url ?? '', target).href.replace('http', 'ws');
      connect(client, new WebSocket(address, client.protocol ? [client.protocol] : []), flaw());
    });
  });
  onTestFinished(() => closed(server));
  return `http://localhost:${await listening(server)}${target.pathname}`;
}

function connect(client: WebSocket, server: WebSocket, treat: ReturnType<Flaw>): void {
  const waiting: string[] = [];
  client.on('message', (data) => {
    if (server.readyState === WebSocket.OPEN) server.send(String(data));
    else waiting.push(String(data));
  });
  server.on('open', () => {
    for (const text of waiting) server.send(text);
  });
  server.on('message', (data) => {
    const frame = String(data);
    for (const text of /"offset":\d+\}$/.test(frame) ? treat(frame) : [frame]) client.send(text);
  });
  const ends = [client, server];
  for (const end of ends) {
    end.on('error', () => {});
    end.on('close', () => {
      for (const other of ends) other.terminate();
    });
  }
}

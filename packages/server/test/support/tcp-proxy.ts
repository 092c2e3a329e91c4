import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { onTestFinished } from 'vitest';

/** Stands between a client and a server on 127.0.0.1. */
export interface TcpProxy {
  readonly port: number;
  /** How many connections there were. */
  readonly connections: number;
  /** Ends every connection and refuses new ones, until `mend`. */
  cut(): void;
  mend(): void;
  /** What the server sends stays on the way, until the connection is cut. */
  holdAnswers(): void;
  /** Loses what is published on these channels, and nothing else. */
  mute(...channels: string[]): void;
}

/** Starts a proxy that lasts as long as the test. */
export async function startProxy(target: number): Promise<TcpProxy> {
  const pairs = new Set<[Socket, Socket]>();
  let connections = 0;
  let isCut = false;
  let muted: string[] = [];
  const proxy = createServer((client) => {
    connections += 1;
    if (isCut) return client.destroy();
    const server = connect(target, '127.0.0.1');
    const pair: [Socket, Socket] = [client, server];
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    for (const socket of pair) socket.setNoDelay().on('error', end).on('close', end);
    client
      .pipe(server)
      .pipe(without(() => muted))
      .pipe(client);
  });
  const cut = () => {
    isCut = true;
    for (const socket of [...pairs].flat()) socket.destroy();
  };
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onTestFinished(() => {
    cut();
    proxy.close();
  });
  return {
    port: (proxy.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    cut,
    mend() {
      isCut = false;
    },
    holdAnswers() {
      for (const [, server] of pairs) server.unpipe().pause();
    },
    mute(...channels) {
      muted = channels;
    },
  };
}

/** Leaves out the messages of some channels. They come in one piece as long as there are few. */
function without(channels: () => readonly string[]): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      let text = chunk.toString('latin1');
      for (const channel of channels()) {
        const head = `>3\r\n$8\r\nsmessage\r\n$${channel.length}\r\n${channel}\r\n$`;
        for (let start = text.indexOf(head); start !== -1; start = text.indexOf(head)) {
          const size = Number.parseInt(text.slice(start + head.length), 10);
          const end = text.indexOf('\r\n', start + head.length) + 2 + size + 2;
          text = text.slice(0, start) + text.slice(end);
        }
      }
      done(null, Buffer.from(text, 'latin1'));
    },
  });
}

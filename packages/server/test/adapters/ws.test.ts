import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, type Socket as Connection, connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { tcpHandleOf } from '../../src/adapters/direct-write.ts';
import { attachWebSockets } from '../../src/adapters/ws.ts';
import { compressedFrame, textFrame } from '../../src/frame.ts';
import { silentLogger } from '../../src/logger.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMING } from '../../src/options.ts';
import type { Socket } from '../../src/socket.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A secret that both ends know takes the place of certificates. */
const PSK = { psk: Buffer.from('a secret of the test'), identity: 'peer' };
const TLS = { ciphers: 'PSK', maxVersion: 'TLSv1.2' } as const;

/** A server that takes one peer, and what the peer is heard to do. */
async function setUp(httpServer = createServer(), compression = false) {
  httpServer.listen(0, '127.0.0.1');
  closing.push(() => httpServer.close());
  await once(httpServer, 'listening');
  const { port } = httpServer.address() as AddressInfo;
  const heard: string[] = [];
  let taken: (socket: Socket) => void;
  const socket = new Promise<Socket>((resolve) => {
    taken = resolve;
  });
  attachWebSockets(httpServer, {
    basePath: '',
    origins: undefined,
    compression,
    limits: DEFAULT_LIMITS,
    timing: DEFAULT_TIMING,
    logger: silentLogger,
    enter(entered) {
      closing.push(() => entered.terminate());
      taken(entered);
      return {
        message: (text) => heard.push(text),
        binary: () => heard.push('binary'),
        pong: (payload) => heard.push(`pong ${payload}`),
        drained: () => heard.push('drained'),
        closed: (code) => heard.push(`closed ${code}`),
      };
    },
    left: () => {},
  });
  return { httpServer, port, heard, socket };
}

/** A peer that writes and reads the bytes itself. */
async function rawPeer(port: number): Promise<Connection> {
  const peer = connect(port, '127.0.0.1');
  await once(peer, 'connect');
  return upgraded(peer);
}

async function upgraded(peer: Connection): Promise<Connection> {
  closing.push(() => peer.destroy());
  peer.on('error', () => {});
  peer.write(
    'GET /ws/1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  const [head] = (await once(peer, 'data')) as [Buffer];
  expect(head.toString()).toMatch(/^HTTP\/1.1 101 .*\r\n\r\n$/s);
  return peer;
}

/** A frame of a peer, masked with zeros. */
function maskedFrame(first: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.of(first, 0x80 | payload.length, 0, 0, 0, 0), payload]);
}

/** Cuts what a server sent into frames, and throws unless it ends with a frame. */
function cut(bytes: Buffer): { first: number; payload: Buffer }[] {
  const frames = [];
  for (let at = 0; at < bytes.length; ) {
    const first = bytes.readUInt8(at);
    const short = bytes.readUInt8(at + 1);
    const start = at + (short === 127 ? 10 : short === 126 ? 4 : 2);
    const length =
      short === 127
        ? Number(bytes.readBigUInt64BE(at + 2))
        : short === 126
          ? bytes.readUInt16BE(at + 2)
          : short;
    at = start + length;
    if (at > bytes.length) throw new Error('half a frame');
    frames.push({ first, payload: bytes.subarray(start, at) });
  }
  return frames;
}

/** Lets the socket write until the operating system takes no more. */
async function fill(socket: Socket): Promise<number> {
  const frame = textFrame('x'.repeat(10_000));
  let count = 0;
  for (; socket.waitingBytes === 0; count++) {
    socket.write(frame);
    await setImmediate();
  }
  return count;
}

/** What was agreed about compression. */
function paramsOf(client: WebSocket): Record<string, unknown> {
  const { _extensions } = client as unknown as {
    _extensions: Record<string, { params: Record<string, unknown> }>;
  };
  return _extensions['permessage-deflate']?.params ?? {};
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('it did not come to that');
    await setImmediate();
  }
}

/** Everything that arrives until the connection ends. */
async function untilEnd(peer: Connection): Promise<Buffer> {
  const chunks = received(peer);
  await once(peer, 'close');
  return Buffer.concat(chunks);
}

/** Lets the peer read; what arrives is found here. */
function received(peer: Connection): readonly Buffer[] {
  const chunks: Buffer[] = [];
  peer.on('data', (chunk: Buffer) => chunks.push(chunk)).resume();
  return chunks;
}

/** Ends the sending direction below the stream, which does not learn of it. */
function shutDown(connection: Connection, done: (value: unknown) => void): void {
  Object.getPrototypeOf(connection)._final.call(connection, done);
}

describe('a socket of ws', () => {
  it('sends frames as they are, however many at once', async () => {
    const { port, socket } = await setUp();
    const client = new WebSocket(`ws://127.0.0.1:${port}/ws/1`);
    closing.push(() => client.terminate());
    const texts = ['', 'a', 'ü'.repeat(63), 'b'.repeat(65_535), 'c'.repeat(65_536), 'd'];
    const received: string[] = [];
    client.on('message', (data, isBinary) => received.push(isBinary ? 'binary' : data.toString()));
    const server = await socket;
    server.write(Buffer.concat(texts.map(textFrame)));
    server.writeTogether(texts.map(textFrame));
    await until(() => received.length >= 2 * texts.length);
    expect(received).toEqual([...texts, ...texts]);
  });

  // What a frame that is written past the sender of ws relies on: with nothing to compress, the sender holds nothing back.
  it('compresses nothing, though the peer offers it', async () => {
    const { port } = await setUp();
    const client = new WebSocket(`ws://127.0.0.1:${port}/ws/1`, { perMessageDeflate: true });
    closing.push(() => client.terminate());
    await once(client, 'open');
    expect(client.extensions).toBe('');
  });

  it('agrees to compression where that is wanted, in a way that no message needs another', async () => {
    const { port, socket, heard } = await setUp(createServer(), true);
    const client = new WebSocket(`ws://127.0.0.1:${port}/ws/1`, { perMessageDeflate: { threshold: 0 } });
    closing.push(() => client.terminate());
    await once(client, 'open');
    const server = await socket;
    expect(server.compresses).toBe(true);
    // Each side of ws keeps what it refers to, unless the other said that nothing is referred to.
    const { server_no_context_takeover, client_no_context_takeover } = paramsOf(client);
    expect([server_no_context_takeover, client_no_context_takeover]).toEqual([true, true]);
    client.send('said in short');
    await until(() => heard.length > 0);
    expect(heard).toEqual(['said in short']);
    const text = 'the same again, '.repeat(1_000);
    const messages: string[] = [];
    client.on('message', (data) => messages.push(data.toString()));
    const frame = compressedFrame(textFrame(text));
    expect(frame.byteLength).toBeLessThan(500);
    server.write(frame);
    server.writeTogether([frame, textFrame('as it is'), frame]);
    await until(() => messages.length === 4);
    expect(messages).toEqual([text, text, 'as it is', text]);
  });

  it('compresses nothing for a peer that has no room for it, and nothing that unpacks to too much', async () => {
    const { port, socket, heard } = await setUp(createServer(), true);
    const small = new WebSocket(`ws://127.0.0.1:${port}/ws/1`, {
      perMessageDeflate: { serverMaxWindowBits: 11 },
    });
    closing.push(() => small.terminate());
    await once(small, 'open');
    expect(small.extensions).toBe('');
    expect((await socket).compresses).toBe(false);
    const flooding = new WebSocket(`ws://127.0.0.1:${port}/ws/1`, { perMessageDeflate: true });
    closing.push(() => flooding.terminate());
    await once(flooding, 'open');
    flooding.send(Buffer.alloc(10_000_000), { binary: false });
    const [code] = (await once(flooding, 'close')) as [number];
    expect(code).toBe(1009);
    await until(() => heard.length > 0);
    expect(heard).toEqual(['closed 1006']);
  });

  it('lets no frame get into one of ws, though the peer takes nothing for a while', async () => {
    const { port, socket } = await setUp();
    const peer = await rawPeer(port);
    peer.pause();
    const server = await socket;
    const filled = await fill(server);
    const payloadOf = (number: number) => Buffer.from(`${number}`.padEnd(125, 'p'));
    for (let number = 0; number < 50; number++) {
      peer.write(maskedFrame(0x89, payloadOf(number)));
      server.write(textFrame(`${number}`.padEnd(3_000, 't')));
      await setImmediate();
    }
    peer.write(maskedFrame(0x88, Buffer.of(0x03, 0xe8)));
    const frames = cut(await untilEnd(peer));
    const pongs = frames.filter(({ first }) => first === 0x8a).map(({ payload }) => payload);
    const texts = frames.filter(({ first }) => first === 0x81).slice(filled);
    expect(pongs).toEqual(Array.from({ length: 50 }, (_, number) => payloadOf(number)));
    expect(texts.map(({ payload }) => Number.parseInt(payload.toString(), 10))).toEqual([
      ...Array(50).keys(),
    ]);
    expect(frames.at(-1)).toEqual({ first: 0x88, payload: Buffer.of(0x03, 0xe8) });
  });

  it('tells each time that everything was taken, also when little waited', async () => {
    const { port, socket, heard } = await setUp();
    const peer = await rawPeer(port);
    const server = await socket;
    for (const round of [1, 2]) {
      peer.pause();
      await fill(server);
      server.write(textFrame('a little more'));
      expect(heard).toHaveLength(round - 1);
      peer.resume();
      await until(() => heard.length >= round);
      expect(server.waitingBytes).toBe(0);
    }
    expect(heard).toEqual(['drained', 'drained']);
  });

  it('says nothing of being drained when everything is taken at once', async () => {
    const { port, socket, heard } = await setUp();
    const peer = await rawPeer(port);
    const server = await socket;
    server.write(textFrame('one'));
    server.write(textFrame('two'));
    await once(peer, 'data');
    expect(server.waitingBytes).toBe(0);
    expect(heard).toEqual([]);
  });

  describe('a pong', () => {
    const pong = (payload: number, mask = 0) => {
      const bytes = maskedFrame(0x8a, Buffer.alloc(4));
      bytes.writeInt32BE(mask, 2);
      bytes.writeInt32BE(payload ^ mask, 6);
      return bytes;
    };
    const frames = [
      maskedFrame(0x81, Buffer.from('whole')),
      pong(1),
      maskedFrame(0x01, Buffer.from('in ')),
      pong(0x40404040, 0x7fabcdef),
      maskedFrame(0x80, Buffer.from('parts')),
      // What looks like a pong here is the content of a frame, and of the next one all but the first byte.
      maskedFrame(0x82, pong(3)),
      Buffer.of(0x82, 0x8a, 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
      maskedFrame(0x8a, Buffer.from('of nobody')),
      pong(-4, -5),
    ];
    const told = ['whole', 'pong 1', `pong ${0x40404040}`, 'in parts', 'binary', 'binary', 'pong -4'];

    /** A peer whose bytes are read in the pieces in which they are sent. */
    async function setUpPieces() {
      const { httpServer, port, heard, socket } = await setUp();
      const connected = once(httpServer, 'connection');
      const peer = (await rawPeer(port)).setNoDelay();
      const [connection] = (await connected) as [Connection];
      const send = async (...pieces: Uint8Array[]) => {
        for (const piece of pieces) {
          const { bytesRead } = connection;
          peer.write(piece);
          await until(() => connection.bytesRead === bytesRead + piece.byteLength);
        }
      };
      return { heard, connection, send, server: await socket };
    }

    it('is heard in its place, wherever the bytes are cut', async () => {
      const { heard, send } = await setUpPieces();
      const bytes = Buffer.concat(frames);
      const { length } = pong(0);
      for (let at = 1; at < bytes.length - length; at++) {
        await send(bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at + length));
        expect(heard.splice(0), `cut at ${at}`).toEqual(told);
      }
      await send(...frames);
      expect(heard.splice(0)).toEqual(told);
      await send(...[...bytes].map((byte) => Buffer.of(byte)));
      expect(heard.splice(0)).toEqual(told);
    });

    it('is heard in its place while the peer is not read', async () => {
      const { heard, send, server } = await setUpPieces();
      await send(...frames);
      server.pause();
      await send(pong(5), maskedFrame(0x81, Buffer.from('before')), pong(6));
      server.resume();
      await until(() => heard.includes('pong 6'));
      expect(heard).toEqual([...told, 'pong 5', 'before', 'pong 6']);
    });

    it('is heard after the close frame as well', async () => {
      const { heard, send, server } = await setUpPieces();
      await send(...frames);
      server.close(1012, 'restarting');
      await send(pong(7));
      expect(heard).toEqual([...told, 'pong 7']);
    });

    // Otherwise the tests here say little: pong-reader.ts has to know the version of ws.
    it('does not come through the stream of Node when it comes alone', async () => {
      const { heard, connection, send } = await setUpPieces();
      await send(pong(1));
      const chunks: Buffer[] = [];
      connection.on('data', (chunk: Buffer) => chunks.push(chunk));
      await send(pong(2), maskedFrame(0x81, Buffer.from('text')), pong(3));
      expect(heard).toEqual(['pong 1', 'pong 2', 'text', 'pong 3']);
      expect(chunks).toHaveLength(1);
    });
  });

  describe('after the close frame', () => {
    it('sends nothing when it closes itself', async () => {
      const { port, socket } = await setUp();
      const peer = await rawPeer(port);
      const server = await socket;
      server.write(textFrame('goodbye'));
      server.close(1012, 'restarting');
      server.write(textFrame('and one more'));
      server.writeTogether([textFrame('and'), textFrame('more')]);
      const ended = untilEnd(peer);
      peer.write(maskedFrame(0x88, Buffer.of(0x03, 0xf4)));
      expect(cut(await ended).map(({ first }) => first)).toEqual([0x81, 0x88]);
    });

    it('sends nothing when the peer closes', async () => {
      const { port, socket } = await setUp();
      const peer = await rawPeer(port);
      const server = await socket;
      peer.on('data', () => server.write(textFrame('too late')));
      peer.write(maskedFrame(0x88, Buffer.of(0x03, 0xe8)));
      expect(cut(await untilEnd(peer)).map(({ first }) => first)).toEqual([0x88]);
    });

    it('sends nothing when what waited is still taken', async () => {
      const { port, socket, heard } = await setUp();
      const peer = await rawPeer(port);
      peer.pause();
      const server = await socket;
      const filled = await fill(server);
      server.close(1012, 'restarting');
      server.write(textFrame('and one more'));
      const ended = untilEnd(peer);
      peer.write(maskedFrame(0x88, Buffer.of(0x03, 0xf4)));
      const frames = cut(await ended);
      expect(frames.map(({ first }) => first)).toEqual([...Array(filled).fill(0x81), 0x88]);
      await until(() => heard.length > 0);
      expect(heard).toEqual(['closed 1012']);
    });
  });

  it('bears that the connection is lost while something waits', async () => {
    const { port, socket, heard } = await setUp();
    const peer = await rawPeer(port);
    peer.pause();
    const server = await socket;
    await fill(server);
    peer.resetAndDestroy();
    await until(() => heard.length > 0);
    server.write(textFrame('too late'));
    await setImmediate();
    expect(heard).toEqual(['closed 1006']);
  });

  it('bears that the connection is cut here while something waits', async () => {
    const { httpServer, port, socket, heard } = await setUp();
    const connected = once(httpServer, 'connection');
    const peer = await rawPeer(port);
    const [connection] = (await connected) as [Connection];
    peer.pause();
    const server = await socket;
    await fill(server);
    connection.destroy();
    server.write(textFrame('too late'));
    server.writeTogether([textFrame('too'), textFrame('late')]);
    await until(() => heard.length > 0);
    server.write(textFrame('much too late'));
    await setImmediate();
    expect(heard).toEqual(['closed 1006']);
  });

  it('ends a connection that cannot be written to', async () => {
    const { httpServer, port, socket, heard } = await setUp();
    const connected = once(httpServer, 'connection');
    await rawPeer(port);
    const [connection] = (await connected) as [Connection];
    const server = await socket;
    // Nothing can be sent any more, as when the peer has gone and nobody noticed yet.
    await new Promise((resolve) => shutDown(connection, resolve));
    server.write(textFrame('too late'));
    await until(() => heard.length > 0);
    expect(heard).toEqual(['closed 1006']);
  });

  // Otherwise the tests here say little: direct-write.ts has to know every version of Node that is supported.
  it.skipIf(process.platform === 'win32')('is written to past the stream of Node', async () => {
    const { httpServer, port } = await setUp();
    const connected = once(httpServer, 'connection');
    await rawPeer(port);
    const [connection] = (await connected) as [Connection];
    expect(tcpHandleOf(connection)).toBeDefined();
  });

  it('keeps what waits for the peer, though nobody else does', async () => {
    const { port, socket } = await setUp();
    const peer = await rawPeer(port);
    peer.pause();
    const server = await socket;
    const filled = await fill(server);
    for (let number = 0; number < 200; number++) server.write(textFrame(`${number}`.padEnd(20_000, 't')));
    setFlagsFromString('--expose-gc');
    runInNewContext('gc')();
    // They would take the place of what was collected.
    for (let number = 0; number < 200; number++) textFrame('?'.repeat(20_000));
    server.close(1012, 'restarting');
    const ended = untilEnd(peer);
    peer.write(maskedFrame(0x88, Buffer.of(0x03, 0xf4)));
    const texts = cut(await ended).slice(filled, -1);
    expect(texts.map(({ payload }) => payload.toString())).toEqual(
      Array.from({ length: 200 }, (_, number) => `${number}`.padEnd(20_000, 't')),
    );
  });

  it('sends over TLS as well, in order', async () => {
    const { port, socket, heard } = await setUp(createTlsServer({ ...TLS, pskCallback: () => PSK.psk }));
    const connection = connectTls({
      ...TLS,
      port,
      checkServerIdentity: () => undefined,
      pskCallback: () => PSK,
    });
    await once(connection, 'secureConnect');
    const peer = await upgraded(connection);
    peer.pause();
    const server = await socket;
    const texts = Array.from({ length: 200 }, (_, number) => `${number}`.padEnd(20_000, 't'));
    for (const text of texts) server.writeTogether([textFrame(text), textFrame('')]);
    expect(server.waitingBytes).toBeGreaterThan(0);
    const chunks = received(peer);
    await until(() => heard.includes('drained'));
    server.close(1012, 'restarting');
    peer.write(maskedFrame(0x88, Buffer.of(0x03, 0xf4)));
    await once(peer, 'close');
    expect(
      cut(Buffer.concat(chunks))
        .map(({ payload }) => payload.toString())
        .slice(0, -1),
    ).toEqual(texts.flatMap((text) => [text, '']));
  });
});

import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ANNA, FEEDBACK, httpBench } from './support.ts';

const PATH = '/ws/broadcast-feedback-update';
const LIMIT = 65_536;

/** A valid body of exactly so many bytes. */
function bodyOf(bytes: number): string {
  const empty = JSON.stringify({ ...FEEDBACK, comment: '' }).length;
  return JSON.stringify({ ...FEEDBACK, comment: 'x'.repeat(bytes - empty) });
}

/** An endless body, and how much of it was asked for. */
function endless() {
  const chunk = new Uint8Array(16_384).fill(0x20);
  const taken = { bytes: 0 };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        taken.bytes += chunk.length;
        controller.enqueue(chunk);
      },
    },
    { highWaterMark: 0 },
  );
  return { body, taken };
}

function post(fetch: (request: Request) => Promise<Response>, init: object): Promise<Response> {
  const headers = { authorization: `Bearer ${ANNA}`, ...('headers' in init ? (init.headers as object) : {}) };
  return fetch(
    new Request(`http://host${PATH}`, { method: 'POST', duplex: 'half', ...init, headers } as RequestInit),
  );
}

describe('the size of a body', () => {
  it('may be 64 KiB, and not a byte more', async () => {
    const { post } = httpBench();
    expect((await post(PATH, bodyOf(LIMIT))).status).toBe(200);
    const response = await post(PATH, bodyOf(LIMIT + 1));
    expect(response.status).toBe(413);
    expect(await response.json()).toEqual({
      error: 'body_too_big',
      message: 'the body may have at most 65536 bytes',
    });
  });

  it('is counted in bytes, not in characters', async () => {
    const { post } = httpBench();
    expect((await post(PATH, { ...FEEDBACK, comment: 'ä'.repeat(LIMIT / 2) })).status).toBe(413);
  });

  it('is refused by its declared length without being read', async () => {
    const { fetch } = httpBench();
    const { body, taken } = endless();
    const response = await post(fetch, { body, headers: { 'content-length': String(LIMIT + 1) } });
    expect(response.status).toBe(413);
    expect(taken.bytes).toBe(0);
  });

  it.each([undefined, '10'])('is refused while it is read when the declared length is %s', async (length) => {
    const { fetch } = httpBench();
    const { body, taken } = endless();
    const response = await post(fetch, {
      body,
      headers: length === undefined ? {} : { 'content-length': length },
    });
    expect(response.status).toBe(413);
    expect(taken.bytes).toBeLessThanOrEqual(LIMIT + 16_384);
  });

  it('is what the option says', async () => {
    const { post } = httpBench({ maxBodyBytes: 20 });
    expect((await post(PATH, FEEDBACK)).status).toBe(413);
    const unbounded = httpBench({ maxBodyBytes: Number.POSITIVE_INFINITY });
    expect((await unbounded.post(PATH, bodyOf(1_000_000))).status).toBe(200);
  });
});

describe('a body that ends early', () => {
  it('is refused, and no failure of the server', async () => {
    const { fetch, logger } = httpBench();
    const body = new ReadableStream({
      pull(controller) {
        controller.error(new Error('ECONNRESET'));
      },
    });
    const response = await post(fetch, { body });
    expect(response.status).toBe(400);
    expect(logger.lines).toMatchObject([{ level: 'info', fields: { code: 'invalid_json' } }]);
  });
});

describe('the type of a body', () => {
  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON;charset="UTF-8"',
    'application/vnd.api+json',
  ])('may be %s', async (type) => {
    const response = await httpBench().post(PATH, FEEDBACK, { headers: { 'content-type': type } });
    expect(response.status).toBe(200);
  });

  it('may be left out', async () => {
    const { fetch } = httpBench();
    const body = new TextEncoder().encode(JSON.stringify(FEEDBACK));
    expect((await post(fetch, { body })).status).toBe(200);
  });

  it.each([
    'text/plain',
    'text/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'application/xml',
    'application/json; charset=iso-8859-1',
    'application/json; charset=utf-16',
    'x/application/json',
    '',
  ])('may not be %j', async (type) => {
    const { post, published } = httpBench();
    const response = await post(PATH, FEEDBACK, { headers: { 'content-type': type } });
    expect(response.status).toBe(415);
    expect(await response.json()).toMatchObject({ error: 'unsupported_media_type' });
    expect(published).toEqual([]);
  });

  it.each(['gzip', 'br', 'deflate', 'gzip, gzip', 'zstd'])('may not be packed with %s', async (encoding) => {
    const { post, published } = httpBench();
    const bomb = gzipSync(Buffer.alloc(10_000_000));
    const response = await post(PATH, bomb, { headers: { 'content-encoding': encoding } });
    expect(response.status).toBe(415);
    expect(published).toEqual([]);
  });

  it('may say that it is not packed', async () => {
    const response = await httpBench().post(PATH, FEEDBACK, { headers: { 'content-encoding': 'identity' } });
    expect(response.status).toBe(200);
  });
});

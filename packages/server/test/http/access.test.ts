import { describe, expect, it } from 'vitest';
import { RequestError } from '../../src/errors.ts';
import { encode, forge, NOW } from '../support/tokens.ts';
import { ANNA, CONTENT, EXPIRED, FEEDBACK, httpBench } from './support.ts';

const PATH = '/ws/broadcast-feedback-update';

/** Fails the test when anybody reads it. */
function unreadableBody(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull() {
      throw new Error('the body was read');
    },
  });
}

describe('who may publish', () => {
  it.each<[string, string | undefined]>([
    ['no header', undefined],
    ['another scheme', `Basic ${encode('anna:secret')}`],
    ['a scheme alone', 'Bearer'],
    ['two tokens', `Bearer ${ANNA} ${ANNA}`],
    ['the bare token', ANNA],
    ['a scheme glued to the token', `Bearer${ANNA}`],
    ['a scheme that ends like ours', `NotBearer ${ANNA}`],
  ])('is not known by %s', async (_, authorization) => {
    const { post, published } = httpBench();
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    const response = await post(PATH, FEEDBACK, { token: '', headers });
    expect(response.status).toBe(401);
    expect(response.headers.get('WWW-Authenticate')).toBe('Bearer');
    expect(await response.json()).toEqual({ error: 'invalid_token', message: 'a bearer token is required' });
    expect(published).toEqual([]);
  });

  it.each([
    ['garbage', 'garbage', 'invalid token'],
    ['alg none', `${encode('{"alg":"none"}')}.${encode('{"sub":"anna"}')}.x`, 'invalid token'],
    ['a wrong signature', forge({ sub: 'anna', exp: NOW + 60 }, { secret: 'x'.repeat(32) }), 'invalid token'],
    ['an expired token', EXPIRED, 'token expired'],
  ])('is not proven by %s', async (_, token, message) => {
    const { post, published } = httpBench();
    const response = await post(PATH, FEEDBACK, { token });
    expect(response.status).toBe(401);
    expect(response.headers.get('WWW-Authenticate')).toBe('Bearer error="invalid_token"');
    expect(await response.json()).toEqual({ error: 'invalid_token', message });
    expect(published).toEqual([]);
  });

  it('does not include the owner of another diagnosis', async () => {
    const { post, published } = httpBench();
    const response = await post(PATH, { ...FEEDBACK, diagnosis_id: 124 });
    expect(response.status).toBe(403);
    expect(await response.json()).toEqual({ error: 'access_denied', message: 'not allowed to publish here' });
    expect(published).toEqual([]);
  });

  it('is answered with 404 when the diagnosis does not exist', async () => {
    const response = await httpBench({ authorize: () => 'not_found' }).post(PATH, FEEDBACK);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ error: 'diagnosis_not_found', message: 'diagnosis not found' });
  });

  it('is answered with 503 while ownership cannot be decided', async () => {
    const { post, published } = httpBench({ authorize: () => Promise.reject(new Error('down')) });
    const response = await post(PATH, FEEDBACK);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      error: 'unavailable',
      message: 'ownership cannot be decided now',
    });
    expect(published).toEqual([]);
  });

  it('is answered with 503 when tokens cannot be verified now', async () => {
    const verify = () => Promise.reject(new RequestError('unavailable', 'tokens cannot be verified now'));
    const response = await httpBench({ verify }).post(PATH, FEEDBACK);
    expect(response.status).toBe(503);
    expect(response.headers.get('Retry-After')).toBe('1');
    expect(response.headers.get('WWW-Authenticate')).toBeNull();
  });

  it('is decided before the body is read', async () => {
    const { fetch } = httpBench();
    const init = { method: 'POST', body: unreadableBody(), duplex: 'half' };
    const response = await fetch(new Request(`http://host${PATH}`, init as RequestInit));
    expect(response.status).toBe(401);
  });
});

describe('the order of the checks', () => {
  const foreign = { ...FEEDBACK, diagnosis_id: 124 };

  it('puts the token before the form of the body', async () => {
    const { post } = httpBench();
    expect((await post(PATH, 'x'.repeat(70_000), { token: EXPIRED })).status).toBe(401);
    expect(
      (await post(PATH, FEEDBACK, { token: '', headers: { 'content-type': 'text/plain' } })).status,
    ).toBe(401);
    expect((await post(PATH, '{', { token: '' })).status).toBe(401);
  });

  it('puts the form of the body before ownership', async () => {
    const { post } = httpBench();
    expect((await post(PATH, { ...foreign, comment: 'x'.repeat(70_000) })).status).toBe(413);
    expect((await post(PATH, foreign, { headers: { 'content-type': 'text/plain' } })).status).toBe(415);
    expect((await post(PATH, '{')).status).toBe(400);
    expect((await post(PATH, { ...foreign, rating: 6 })).status).toBe(422);
    expect((await post(PATH, foreign)).status).toBe(403);
  });
});

describe('the log', () => {
  it('names every refusal, and repeats no token and no content', async () => {
    const { post, get, logger } = httpBench();
    await post(PATH, FEEDBACK);
    await post(PATH, { ...FEEDBACK, rating: CONTENT });
    await post(PATH, { ...FEEDBACK, diagnosis_id: 124 });
    await post(PATH, `{"comment":"${CONTENT}"`);
    await post(PATH, FEEDBACK, { token: EXPIRED });
    await post(PATH, FEEDBACK, { token: `${ANNA}x` });
    await post(PATH, { ...FEEDBACK, comment: CONTENT.repeat(10_000) });
    await post(PATH, FEEDBACK, { headers: { 'content-encoding': 'gzip' } });
    await get(`/ws/${ANNA}?token=${ANNA}`);
    await get(`/ws/status?token=${ANNA}`, EXPIRED);
    expect(logger.lines.map(({ fields }) => fields['code'])).toEqual([
      'invalid_body',
      'access_denied',
      'invalid_json',
      'invalid_token',
      'invalid_token',
      'body_too_big',
      'unsupported_media_type',
      'invalid_token',
    ]);
    expect(logger.lines.every(({ level }) => level === 'info')).toBe(true);
    const text = logger.text();
    for (const secret of [CONTENT, 'eyJ', ...[ANNA, EXPIRED].flatMap((token) => token.split('.'))]) {
      expect(text).not.toContain(secret);
    }
  });

  it('tells which check of a token failed, the answer does not', async () => {
    const { post, logger } = httpBench();
    const wrong = forge({ sub: 'anna', exp: NOW + 60 }, { secret: 'x'.repeat(32) });
    const answers = [forge({ exp: NOW + 60 }), wrong].map((token) => post(PATH, FEEDBACK, { token }));
    const [first, second] = await Promise.all(answers.map(async (answer) => (await answer).text()));
    expect(first).toBe(second);
    const causes = logger.lines.map(({ fields }) => fields['cause']);
    expect(causes).toEqual(
      expect.arrayContaining(['ERR_JWT_CLAIM_VALIDATION_FAILED', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED']),
    );
  });
});

import { afterEach, describe, expect, it, vi } from 'vitest';
import { ClientError, type ClientOptions, createClient, type SubscribeOptions } from '../src/index.ts';
import { clientSettings } from '../src/options.ts';

const minimal: ClientOptions = { url: 'ws://localhost/ws', getToken: () => 'token' };

afterEach(() => vi.unstubAllGlobals());

describe('createClient', () => {
  it.each([
    ['url', undefined],
    ['url', 7],
    ['url', ''],
    ['url', '/ws'],
    ['url', 'ftp://host/ws'],
    ['getToken', undefined],
    ['getToken', 'token'],
    ['onGap', 'skip'],
    ['catalogue', {}],
    ['positions', 'local'],
    ['positions', null],
    ['onError', true],
    ['timeoutMs', 0],
    ['timeoutMs', '10'],
    ['timeoutMs', Number.NaN],
    ['timeoutMs', 2 ** 31],
    ['timeoutMs', Number.POSITIVE_INFINITY],
    ['heartbeat', 25_000],
    ['heartbeat', null],
    ['heartbeat.intervalMs', -1],
    ['heartbeat.interval', 25],
    ['backoff.maxMs', 'long'],
    ['maxWaitingPublications', 0],
    ['environment', 'browser'],
    ['transport', {}],
    ['retries', 3],
    ['token', undefined],
  ])('names the option %s when it is %j', (name, value) => {
    const [outer = '', inner] = name.split('.');
    const options = { ...minimal, [outer]: inner ? { [inner]: value } : value } as ClientOptions;
    const create = () => createClient(options);
    expect(create).toThrow(ClientError);
    expect(create).toThrow(
      expect.objectContaining({ code: 'invalid_option', message: expect.stringContaining(name) }),
    );
  });

  it('refuses no options at all', () => {
    expect(() => createClient(undefined as unknown as ClientOptions)).toThrow(ClientError);
  });

  it('takes undefined for the default', () => {
    const settings = clientSettings({ ...minimal, timeoutMs: undefined } as unknown as ClientOptions);
    expect(settings.timeoutMs).toBe(10_000);
  });

  it('keeps the other defaults of a group', () => {
    expect(clientSettings({ ...minimal, heartbeat: { intervalMs: 5 } }).heartbeat).toEqual({
      intervalMs: 5,
      timeoutMs: 10_000,
    });
  });

  it.each([
    ['ws://host/ws', 'ws://host/ws'],
    ['wss://host/ws?a=1', 'wss://host/ws?a=1'],
    ['http://host/ws', 'ws://host/ws'],
    ['https://host/ws', 'wss://host/ws'],
  ])('connects %s to %s', (url, address) => {
    expect(clientSettings({ ...minimal, url }).url).toBe(address);
    expect(clientSettings({ ...minimal, url: new URL(url) }).url).toBe(address);
  });

  it('takes an address relative to the page', () => {
    vi.stubGlobal('location', { href: 'https://clinic.example/patients/7' });
    expect(clientSettings({ ...minimal, url: '/ws' }).url).toBe('wss://clinic.example/ws');
  });

  it('survives an onError that throws', () => {
    const settings = clientSettings({
      ...minimal,
      onError: () => {
        throw new Error('in onError');
      },
    });
    expect(() => settings.report(new Error('x'))).not.toThrow();
  });
});

describe('subscribe', () => {
  const client = createClient({ ...minimal, onGap: 'ignore' });

  it.each([
    ['onGap', 'never'],
    ['after', 'first'],
    ['after', 7],
    ['from', 'latest'],
  ])('names the option %s when it is %j', (name, value) => {
    const subscribe = () => client.subscribe(1, { [name]: value } as SubscribeOptions);
    expect(subscribe).toThrow(
      expect.objectContaining({ code: 'invalid_option', message: expect.stringContaining(name) }),
    );
  });

  it.each([0, -1, 1.5, 2 ** 53, Number.NaN, '123'])('refuses the diagnosis %j', (diagnosisId) => {
    expect(() => client.subscribe(diagnosisId as number)).toThrow(
      expect.objectContaining({ code: 'invalid_option', message: expect.stringContaining('diagnosisId') }),
    );
  });

  it('names onGap when nothing says what happens at a gap', () => {
    const careless = createClient(minimal);
    expect(() => careless.subscribe(1, {} as never)).toThrow(
      expect.objectContaining({ code: 'invalid_option', message: expect.stringContaining('onGap') }),
    );
    expect(careless.state.name).toBe('disconnected');
  });
});

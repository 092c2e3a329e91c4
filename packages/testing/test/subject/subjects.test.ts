import { createTokenVerifier } from '@vitalwire/server';
import { describe, expect, it } from 'vitest';
import { type ApplicationOptions, startApplication } from '../../src/subject/application.ts';
import { existingServer } from '../../src/subject/existing-server.ts';
import { startOwnServer } from '../../src/subject/own-server.ts';

const SECRET = 'the secret of an application, long enough for HS256';

/** A program that listens, and answers with its folder. */
const PROGRAM = `
const server = require('node:http').createServer((_, response) => response.end(process.env.FOLDER));
server.listen(Number(process.env.PORT), '127.0.0.1', () => {
  console.log('it listens on http://127.0.0.1:' + server.address().port + '/ now');
});
process.on('SIGTERM', () => { console.log('goodbye'); process.exit(0); });
`;

const APPLICATION: ApplicationOptions = {
  command: [process.execPath, '-e', PROGRAM],
  env: ({ port, folder }) => ({ PORT: String(port), FOLDER: folder }),
  secret: ({ folder }) => `${SECRET} ${folder.length}`,
};

const textOf = async (url: string) => (await fetch(url)).text();

describe('an application', () => {
  it('is found by what it prints, and started again on its port and folder', async () => {
    await using application = await startApplication(APPLICATION);
    const { url } = application;
    const folder = await textOf(url);
    await application.kill();
    await expect(fetch(url)).rejects.toThrow();
    expect(application.output).not.toContain('goodbye');
    await application.restart();
    expect(application.url).toBe(url);
    expect(await textOf(url)).toBe(folder);
    await application.restart();
    expect(application.output).toContain('goodbye');
    expect(await textOf(url)).toBe(folder);
  });

  it('has tokens of its secret', async () => {
    await using application = await startApplication(APPLICATION);
    const folder = await textOf(application.url);
    const verify = createTokenVerifier({ secret: `${SECRET} ${folder.length}` });
    expect(await verify(await application.token({ sub: 'anna' }))).toMatchObject({ userId: 'anna' });
  });

  it.each([
    {
      what: 'says why it ended',
      command: [process.execPath, '-e', 'console.error("no database"); process.exit(1)'],
    },
    { what: 'is not there', command: ['/no/such/program'], reason: 'ENOENT' },
  ] as const)('that does not start $what', async ({ command, ...rest }) => {
    const reason = 'reason' in rest ? rest.reason : 'no database';
    await expect(startApplication({ command })).rejects.toThrow(reason);
  });
});

describe('a verb that a server does not have', () => {
  it.each(['revoke', 'expireToken', 'evict', 'newEpoch', 'advance'] as const)('says so: %s', async (verb) => {
    const existing = existingServer({ url: 'http://127.0.0.1:1/' });
    expect(existing.url).toBe('http://127.0.0.1:1');
    await expect(existing[verb](1 as never, 1)).rejects.toThrow('a server of the test’s own');
  });

  it('says so: what a process is needed for, and a secret', async () => {
    const existing = existingServer({ url: 'http://127.0.0.1:1' });
    await expect(existing.kill()).rejects.toThrow('kill needs a server that the test has started');
    await expect(existing.restart()).rejects.toThrow('restart needs');
    await expect(existing.token({})).rejects.toThrow('`secret` or `getToken`');
    const told = existingServer({ url: existing.url, getToken: ({ sub }) => `token of ${sub}` });
    expect(await told.token({ sub: 'anna' })).toBe('token of anna');
    const signed = await existingServer({ url: existing.url, secret: SECRET }).token({ sub: 'ben' });
    expect(await createTokenVerifier({ secret: SECRET })(signed)).toMatchObject({ userId: 'ben' });
  });
});

describe('a server of the test’s own', () => {
  it.each(['disk', 'memory'] as const)('with its log %s restarts, running or not', async (log) => {
    await using server = await startOwnServer({ log });
    const epoch = async () => {
      const headers = { authorization: `Bearer ${await server.token({ scope: 'broadcast' })}` };
      const body = JSON.stringify({ diagnosis_id: 1, feedback_id: 1, rating: 4, effectiveness: 1 });
      const answer = await fetch(`${server.url}/ws/broadcast-feedback-update`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body,
      });
      return ((await answer.json()) as { epoch: string }).epoch;
    };
    const epochs = [await epoch()];
    await server.restart();
    epochs.push(await epoch());
    await server.kill();
    await server.restart();
    epochs.push(await epoch());
    expect(new Set(epochs).size).toBe(log === 'disk' ? 1 : 3);
  });

  it('that ended by itself fails its test', async () => {
    const server = await startOwnServer({
      log: 'memory',
      nodeArguments: ['--import=data:text/javascript,setTimeout(() => process.exit(3), 300)'],
    });
    await expect
      .poll(() =>
        fetch(server.url).then(
          () => 'there',
          () => 'gone',
        ),
      )
      .toBe('gone');
    await expect(server[Symbol.asyncDispose]()).rejects.toThrow('the server ended (3)');
  });
});

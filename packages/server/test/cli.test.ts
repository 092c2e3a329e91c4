import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sqliteLog } from '../src/log/sqlite.ts';
import { exitOf, run, secretFile, serve, temporaryFolder } from './support/command-line.ts';

describe('vitalwire serve', () => {
  it('serves, keeps the log on disk, and ends cleanly on SIGTERM', async () => {
    const secret = secretFile();
    const data = join(temporaryFolder(), 'new', 'folder');
    const args = ['--data', data, '--jwt-secret-file', secret];
    const { output: token } = await run([
      'token',
      '--sub',
      'b',
      '--scope',
      'broadcast',
      '--jwt-secret-file',
      secret,
    ]);
    const publish = async (url: string) => {
      const response = await fetch(`${url}/ws/broadcast-feedback-update`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token.trim()}`, 'content-type': 'application/json' },
        body: JSON.stringify({ diagnosis_id: 1, feedback_id: 1, rating: 5, effectiveness: 1 }),
      });
      return (await response.json()) as { offset: number; epoch: string };
    };
    const first = await serve(args);
    const before = await publish(first.url);
    expect(before.offset).toBe(1);
    first.child.kill('SIGTERM');
    expect(await exitOf(first.child)).toBe(0);
    const second = await serve(args);
    expect(await publish(second.url)).toMatchObject({ offset: 2, epoch: before.epoch });
    expect(second.output()).not.toContain(token.trim());
  });

  it('takes every option from its variable as well', async () => {
    const { url } = await serve([], { VITALWIRE_LOG: 'memory', VITALWIRE_JWT_SECRET_FILE: secretFile() });
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it.each([
    [['--prot', '1'], {}, /unknown option '--prot'/],
    [['--port', '70000'], {}, /--port.*whole number from 0 to 65535/s],
    [['--log', 'tape', '--jwt-secret-file', 'SECRET'], {}, /--log tape: expected sqlite, memory/],
    [['--retention-age', 'long'], {}, /--retention-age.*duration/s],
    [['--log', 'memory'], { VITALWIRE_PROT: '1' }, /unknown environment variable VITALWIRE_PROT/],
    [['--log', 'memory'], { VITALWIRE_PORT: 'x' }, /VITALWIRE_PORT/],
    [['--log', 'memory'], {}, /--jwt-secret-file, --jwks-url and --jwks-file/],
    [['--jwt-secret-file', 'SECRET'], {}, /--data FOLDER/],
    [['--log', 'memory', '--data', 'x', '--jwt-secret-file', 'SECRET'], {}, /--data goes with --log sqlite/],
    [['--log', 'memory', '--jwt-secret-file', '/does/not/exist'], {}, /--jwt-secret-file \/does\/not\/exist/],
  ])('refuses %j %j by name', async (args, environment, message) => {
    const file = secretFile();
    const given = args.map((arg) => (arg === 'SECRET' ? file : arg));
    const { code, output } = await run(['serve', ...given], environment);
    expect(code).toBe(1);
    expect(output).toMatch(message);
  });

  it('refuses a secret that is too short', async () => {
    const file = join(temporaryFolder(), 'secret');
    writeFileSync(file, 'short');
    const { code, output } = await run(['serve', '--log', 'memory', '--jwt-secret-file', file]);
    expect(code).toBe(1);
    expect(output).toMatch(/32 bytes/);
  });

  it('says what to do when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const address = other.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const { code, output } = await run([
      'serve',
      '--port',
      port,
      '--log',
      'memory',
      '--jwt-secret-file',
      secretFile(),
    ]);
    expect(code).toBe(1);
    expect(output).toMatch(new RegExp(`port ${port} is taken.*--port`));
  });
});

describe('vitalwire token', () => {
  it('prints a token with the claims that were asked for', async () => {
    const args = ['--sub', '7', '--diagnoses', '123,124', '--scope', 'broadcast', '--expires', '2h'];
    const { code, output } = await run(['token', ...args, '--jwt-secret-file', secretFile()]);
    expect(code).toBe(0);
    const claims = decodeJwt(output.trim());
    expect(claims).toMatchObject({ sub: '7', diagnoses: [123, 124], scope: 'broadcast' });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(7_200);
  });

  it('refuses what is no diagnosis id', async () => {
    const { code, output } = await run([
      'token',
      '--sub',
      '7',
      '--diagnoses',
      '1,x',
      '--jwt-secret-file',
      'f',
    ]);
    expect(code).toBe(1);
    expect(output).toMatch(/"x" is no diagnosis id/);
  });
});

describe('vitalwire new-epochs', () => {
  it('begins new epochs in the log of a folder', async () => {
    const data = join(temporaryFolder(), 'data');
    const log = sqliteLog({ path: join(data, 'vitalwire.db') });
    const { position } = await log.append(1, { text: '{}' });
    await log.close();
    const { code, output } = await run(['new-epochs', '--data', data]);
    expect(output).toMatch(/new epochs begun: 1;/);
    expect(code).toBe(0);
    const reopened = sqliteLog({ path: join(data, 'vitalwire.db') });
    expect((await reopened.state(1)).epoch).not.toBe(position.epoch);
    await reopened.close();
  });

  it('refuses a folder without a log', async () => {
    const { code, output } = await run(['new-epochs', '--data', '/does/not/exist']);
    expect(code).toBe(1);
    expect(output).toMatch(/does not exist/);
  });
});

describe('vitalwire --help', () => {
  it.each([
    [['serve', '--help'], /VITALWIRE_PORT.*--jwks-url/s],
    [['token', '--help'], /--diagnoses.*--expires/s],
    [['verify', '--help'], /VITALWIRE_TOKEN.*Exit code: 0 held; 1 violated/s],
    [['--help'], /serve.*token.*new-epochs.*verify/s],
  ])('explains %j', async (args, text) => {
    const { code, output } = await run(args);
    expect(code).toBe(0);
    expect(output).toMatch(text);
  });
});

import { describe, expect, it } from 'vitest';
import { OptionError } from '../src/errors.ts';
import { failureOf } from '../src/failure.ts';

describe('failureOf', () => {
  it('tells kind, code and place of an error', () => {
    const failure = failureOf(new OptionError('port', 'is taken'));
    expect(failure).toMatchObject({ error: 'OptionError', code: 'invalid_option' });
    expect(failure.at?.[0]).toContain('failure.test.ts');
  });

  it('tells nothing of the message, whatever it looks like', () => {
    const secret = 'eyJsecret';
    const messages = [secret, `${secret}\n    at ${secret} (x.js:1:1)`, `\n    at ${secret}`, ''];
    for (const message of messages)
      expect(JSON.stringify(failureOf(new Error(message)))).not.toContain(secret);
  });

  it('tells nothing of a message that was changed after the error was made', () => {
    const error = new Error('oh\n    at eyJsecret');
    expect(error.stack).toContain('eyJsecret'); // from the first look on, the stack stays as it is
    error.message = 'another';
    expect(JSON.stringify(failureOf(error))).not.toContain('eyJsecret');
  });

  it.each(['eyJsecret', undefined, null, 7, { message: 'eyJsecret' }])(
    'names the type of %j only',
    (thrown) => {
      expect(failureOf(thrown)).toEqual({ error: typeof thrown });
    },
  );
});

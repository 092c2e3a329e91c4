import { describe, expect, it } from 'vitest';
import {
  type Command,
  catalogue,
  createMessageDecoder,
  decodeCommand,
  encodeCommand,
  encodeMessage,
  ProtocolError,
  placePublication,
  serialisePublication,
} from '../src/index.ts';

const decode = createMessageDecoder(catalogue);
const feedback = {
  type: 'feedback_update',
  diagnosis_id: 123,
  data: { feedback_id: 311, rating: 4, effectiveness: 0.8 },
  timestamp: '2026-11-23T09:30:00.000Z',
  epoch: 'e',
  offset: 42,
};

/** What is wrong with a frame. */
function invalid(frame: object | string) {
  const result = decode(typeof frame === 'string' ? frame : JSON.stringify(frame));
  if ('message' in result) throw new Error(`accepted: ${JSON.stringify(result.message)}`);
  const { error, ...place } = result.invalid;
  expect(error).toBeInstanceOf(ProtocolError);
  return { code: error.code, paths: error.issues.map(({ path }) => path), ...place };
}

describe('the message decoder', () => {
  it('reads a publication', () => {
    expect(decode(JSON.stringify(feedback))).toEqual({ message: feedback });
  });

  it('reads the signals', () => {
    const error = { type: 'error', code: 'access_denied', message: 'no', diagnosis_id: 123 };
    const disconnect = { type: 'disconnect', code: 1012, reason: 'restarting', reconnect: true };
    expect(decode(JSON.stringify(error))).toEqual({ message: error });
    expect(decode(JSON.stringify(disconnect))).toEqual({ message: disconnect });
  });

  it('reads a pong with and without a diagnosis', () => {
    const pong = { type: 'pong', data: { id: 1 }, timestamp: feedback.timestamp };
    expect(decode(JSON.stringify(pong))).toEqual({ message: pong });
    expect(decode(JSON.stringify({ ...pong, diagnosis_id: 123 }))).toEqual({
      message: { ...pong, diagnosis_id: 123 },
    });
  });

  it('ignores unknown fields at every level', () => {
    const frame = { ...feedback, trace: 'x', data: { ...feedback.data, mood: 'good' } };
    expect(decode(JSON.stringify(frame))).toEqual({ message: feedback });
  });

  it('ignores __proto__, and no prototype changes', () => {
    const text = JSON.stringify(feedback).replaceAll('{', '{"__proto__":{"rating":1,"admin":true},');
    const result = decode(text);
    expect(result).toEqual({ message: feedback });
    expect('message' in result && 'admin' in result.message).toBe(false);
    expect('admin' in {}).toBe(false);
  });

  describe('when a frame is no JSON object', () => {
    it.each(['', 'hello', '{', '[]', 'null', '1', '"text"', '[{"type":"pong"}]', `${'['.repeat(8_000)}`])(
      'calls %j invalid_json, without a place',
      (text) => {
        expect(invalid(text)).toEqual({ code: 'invalid_json', paths: [] });
      },
    );
  });

  describe('when a message does not fit its schema', () => {
    it('names the field and keeps the place, so that a reader can go past it', () => {
      expect(invalid({ ...feedback, data: { ...feedback.data, rating: 6 } })).toEqual({
        code: 'invalid_message',
        paths: ['data.rating'],
        diagnosisId: 123,
        position: { epoch: 'e', offset: 42 },
      });
    });

    it.each(['type', 'data', 'timestamp'] as const)(
      'refuses a message without its %s, and keeps the place',
      (field) => {
        const { [field]: _left, ...rest } = feedback;
        expect(invalid(rest)).toMatchObject({ diagnosisId: 123, position: { epoch: 'e', offset: 42 } });
      },
    );

    it.each(['diagnosis_id', 'epoch', 'offset'] as const)('has no place without a %s', (field) => {
      const { [field]: _left, ...rest } = feedback;
      expect(invalid(rest)).toEqual({ code: 'invalid_message', paths: [field] });
    });

    it.each([0, -1, 1.5, 'abc', '123', 2 ** 53, null])('refuses diagnosis %j', (diagnosis_id) => {
      expect(invalid({ ...feedback, diagnosis_id })).toEqual({
        code: 'invalid_message',
        paths: ['diagnosis_id'],
      });
    });

    it('has no place when the epoch or the offset is none', () => {
      expect(invalid({ ...feedback, epoch: 'a:b' })).toEqual({ code: 'invalid_message', paths: ['epoch'] });
      expect(invalid({ ...feedback, offset: -1 })).toEqual({ code: 'invalid_message', paths: ['offset'] });
    });

    it('does not quote the content in what it says', () => {
      const result = decode(JSON.stringify({ ...feedback, data: { ...feedback.data, rating: 'SECRET' } }));
      expect(
        'invalid' in result && JSON.stringify([result.invalid.error, result.invalid.error.message]),
      ).not.toContain('SECRET');
    });
  });

  describe('when a type is unknown', () => {
    it('keeps the place of a publication', () => {
      expect(invalid({ ...feedback, type: 'dose_update' })).toEqual({
        code: 'unknown_message',
        paths: [],
        diagnosisId: 123,
        position: { epoch: 'e', offset: 42 },
      });
    });

    it.each(['constructor', '__proto__', 'toString', 'ping', '', null, 1, ['pong'], {}])(
      'says so for %j',
      (type) => {
        expect(invalid({ type })).toEqual({ code: 'unknown_message', paths: [] });
      },
    );

    it('says so for a frame without a type', () => {
      expect(invalid({})).toEqual({ code: 'unknown_message', paths: [] });
    });
  });
});

describe('decodeCommand', () => {
  const commands: Command[] = [
    { type: 'authenticate', token: 'a.b.c' },
    { type: 'subscribe', diagnosis_id: 123, after: 'e:42' },
    { type: 'unsubscribe', diagnosis_id: 123 },
    { type: 'ping', id: 'x' },
  ];

  it.each(commands)('reads what encodeCommand writes: $type', (command) => {
    expect(decodeCommand(encodeCommand(command))).toEqual(command);
  });

  it.each(['', 'ping', '[]', 'null', '{"type":"ping"', `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`])(
    'ends the conversation at %j: invalid_json',
    (text) => {
      expect(() => decodeCommand(text)).toThrow(expect.objectContaining({ code: 'invalid_json' }));
    },
  );

  it.each([{}, { type: 'publish' }, { type: 'toString' }, { type: null }, { type: ['ping'] }])(
    'refuses %j as an unknown command, and names those that there are',
    (value) => {
      expect(() => decodeCommand(JSON.stringify(value))).toThrow(
        new ProtocolError(
          'unknown_command',
          'type must be one of authenticate, subscribe, unsubscribe, ping',
        ),
      );
    },
  );

  it('refuses a known command with a wrong field, and names the field', () => {
    const text = JSON.stringify({ type: 'subscribe', diagnosis_id: 0, after: 'yesterday' });
    expect(() => decodeCommand(text)).toThrow(
      expect.objectContaining({
        code: 'invalid_command',
        message: expect.stringMatching(/^diagnosis_id: .+; after: .+$/),
        issues: [
          expect.objectContaining({ path: 'diagnosis_id' }),
          expect.objectContaining({ path: 'after' }),
        ],
      }),
    );
  });

  it('does not quote a token', () => {
    const text = JSON.stringify({ type: 'authenticate', token: ['SECRET'] });
    expect(() => decodeCommand(text)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('SECRET') }),
    );
  });
});

describe('encodeMessage', () => {
  it('leaves out the diagnosis of a pong that has none', () => {
    const text = encodeMessage({
      type: 'pong',
      diagnosis_id: undefined,
      data: {},
      timestamp: feedback.timestamp,
    });
    expect(text).toBe('{"type":"pong","data":{},"timestamp":"2026-11-23T09:30:00.000Z"}');
  });
});

describe('serialisePublication and placePublication', () => {
  const { epoch, offset, ...unplaced } = feedback;

  it('write the frame, place last', () => {
    expect(placePublication(serialisePublication(unplaced), { epoch, offset })).toBe(
      JSON.stringify(feedback),
    );
  });

  it('keep the text that was serialised: placing adds, and changes nothing', () => {
    const serialised = serialisePublication(unplaced);
    const placed = placePublication(serialised, { epoch, offset });
    expect(placed.startsWith(serialised.slice(0, -1))).toBe(true);
    expect(placed.slice(serialised.length - 1)).toBe(',"epoch":"e","offset":42}');
  });

  it('let nothing else into the frame', () => {
    const extra = { ...unplaced, to: '7', epoch: 'forged', offset: 1 };
    expect(serialisePublication(extra)).toBe(serialisePublication(unplaced));
  });

  it('do not let data forge a place', () => {
    const data = { note: '"},"epoch":"forged","offset":1}', epoch: 'forged', offset: 1 };
    const frame = JSON.parse(
      placePublication(serialisePublication({ ...unplaced, data }), { epoch, offset }),
    );
    expect(frame).toEqual({ ...unplaced, data, epoch, offset });
  });
});

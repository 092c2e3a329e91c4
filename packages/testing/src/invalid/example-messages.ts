import { type MessageDefinition, publicationsOf } from '@vitalwire/protocol';
import { exampleBody } from '../publish/example-body.ts';

const PLACE = { epoch: 'Vd2kQ8xw', offset: 42 };
const ENVELOPE = { diagnosis_id: 123, timestamp: '2026-11-23T09:30:00.000Z' };

const at = (offset: number) => `${PLACE.epoch}:${offset}`;
const CONNECT = { message: 'Subscribed to diagnosis 123', user_id: '7', session_id: '0b8f6c1e', ...PLACE };

/** What the types hold that cannot be published. */
const ANSWERS: Readonly<Record<string, readonly object[]>> = {
  connect: [
    { ...CONNECT, recovery: { status: 'recovered', from: at(39), to: at(42), count: 3 } },
    {
      ...CONNECT,
      recovery: {
        status: 'gap',
        reason: 'retention',
        last_seen: at(5),
        first_available: at(31),
        from: at(30),
        to: at(42),
        count: 12,
      },
    },
  ],
  pong: [{ id: 1 }],
};

/** Valid messages of a type. */
export function exampleMessages(definition: MessageDefinition): object[] {
  const { type } = definition;
  const [publication] = publicationsOf([definition]);
  if (publication) {
    const { body, toData } = publication.publish;
    return [{ type, ...ENVELOPE, data: toData(body.parse(exampleBody(publication, 0))), ...PLACE }];
  }
  const data = ANSWERS[type];
  if (!data) throw new RangeError(`no example of ${type} is known`);
  return data.map((one) => ({ type, ...ENVELOPE, data: one }));
}

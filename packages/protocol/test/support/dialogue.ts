import type { Recovery, ServerMessage } from '../../src/index.ts';
import { catalogue, createMessageDecoder, decodeCommand, parsePosition } from '../../src/index.ts';

const decode = createMessageDecoder(catalogue);

/** Reads one frame of a server. @throws {Error} when it is not valid, or when it has fields that are not known. */
export function readMessage(text: string): ServerMessage {
  const result = decode(text);
  if ('invalid' in result)
    throw new Error(`${result.invalid.error.message}: ${JSON.stringify(result.invalid)}`);
  refuseUnknownFields(text, result.message);
  return result.message;
}

/** Reads one frame of a client, as strictly. */
export function readCommand(text: string): void {
  refuseUnknownFields(text, decodeCommand(text));
}

function refuseUnknownFields(text: string, read: object): void {
  if (JSON.stringify(JSON.parse(text)) !== JSON.stringify(read)) throw new Error(`unknown fields: ${text}`);
}

/** What a connection was told about a topic. */
interface Place {
  epoch: string;
  offset: number;
  /** Announced publications that have not come yet, and the offset up to which they may. */
  owed: number;
  to: number;
}

/**
 * Reads a dialogue line by line and checks that the server keeps the rules of PROTOCOL.md: frames are valid,
 * publications of one subscription ascend and follow its `connect`, and as many come as `count` announced.
 *
 * @throws {Error} naming what is wrong.
 */
export function checkDialogue(lines: readonly string[]): void {
  const places = new Map<string, Place>();
  const debts: string[] = [];
  for (const line of lines) {
    const [, who = '', direction, text = ''] = /^([A-Z]?)([<>]) (\{.*\})$/.exec(line) ?? [];
    if (direction === '>') readCommand(text);
    else if (direction === '<') follow(who, readMessage(text));
    else if (!line.startsWith('# ')) throw new Error(`neither a frame nor an event: ${line}`);
  }
  for (const [topic, { owed }] of places) if (owed > 0) debts.push(`${topic} is owed ${owed}`);
  if (debts.length > 0) throw new Error(debts.join(', '));

  function follow(who: string, message: ServerMessage): void {
    if (message.type === 'connect') places.set(`${who}${message.diagnosis_id}`, begin(message.data.recovery));
    else if ('offset' in message) deliver(`${who}${message.diagnosis_id}`, message);
  }

  function deliver(topic: string, { epoch, offset }: { epoch: string; offset: number }): void {
    // A dialogue may begin in the middle of a subscription.
    const place = places.get(topic) ?? { epoch, offset: offset - 1, owed: 0, to: 0 };
    if (epoch !== place.epoch || offset <= place.offset)
      throw new Error(`${topic}: ${epoch}:${offset} is out of place`);
    if (offset <= place.to) place.owed--;
    if (place.owed < 0) throw new Error(`${topic}: ${epoch}:${offset} is one more than announced`);
    if (offset > place.to && place.owed > 0)
      throw new Error(`${topic}: ${epoch}:${offset} comes before what was announced`);
    places.set(topic, { ...place, offset });
  }
}

function begin(recovery: Recovery): Place {
  const from = parsePosition(recovery.from);
  const to = parsePosition(recovery.to);
  if (!from || !to || from.epoch !== to.epoch || from.offset > to.offset)
    throw new Error(`impossible ${JSON.stringify(recovery)}`);
  if (recovery.status === 'gap' && recovery.first_available !== `${from.epoch}:${from.offset + 1}`) {
    throw new Error(`a gap whose first available does not follow on from: ${JSON.stringify(recovery)}`);
  }
  return { ...from, owed: recovery.count, to: to.offset };
}

import fc from 'fast-check';
import { expect } from 'vitest';
import type {
  Appended,
  Entry,
  LogState,
  LogStore,
  Publication,
  Retention,
  Topic,
} from '../../log/log-store.ts';
import { type Listener, listen } from './listener.ts';
import type { LogModel } from './model-log.ts';
import type { Opened } from './support.ts';

export interface Real {
  store: LogStore;
  listener: Listener;
  readonly opened: Opened;
}

type Command = fc.AsyncCommand<LogModel, Real>;
type Append = readonly [Topic, Entry];

/** A command as data, so that a failing sequence prints as what it did. */
function command<T>(
  name: string,
  input: T,
  run: (model: LogModel, real: Real, input: T) => Promise<void>,
): Command {
  return {
    check: () => true,
    run: (model, real) => run(model, real, input),
    toString: () => `${name}(${fc.stringify(input)})`,
  };
}

/** Those that commands are about. */
export const TOPICS: readonly Topic[] = [1, 2, 3];

const topic = fc.constantFrom(...TOPICS);
const userId = fc.constantFrom('ann', 'bob');
const offset = fc.integer({ min: -1, max: 12 });
const key = fc.constantFrom('k', 'l');

const entry: fc.Arbitrary<Entry> = fc.record({
  text: fc.string({ maxLength: 6, unit: 'grapheme' }).filter((text) => !text.includes('\0')),
  to: fc.option(userId, { nil: undefined }),
  idempotency: fc.option(fc.record({ key, memo: fc.string({ maxLength: 2 }) }), { nil: undefined }),
});

export function logCommands(
  { ageMs, topAgeMs }: Retention,
  { durable }: { durable: boolean },
): fc.Arbitrary<Command>[] {
  const appends = fc.array(fc.tuple(topic, entry), { minLength: 1, maxLength: 6 });
  const limit = fc.record({
    publications: fc.constantFrom(1, 2, 3, Infinity),
    size: fc.constantFrom(1, 6, 12, Infinity),
  });
  const pause = fc.oneof(fc.integer({ min: 1, max: ageMs }), fc.constantFrom(ageMs - 1, ageMs, topAgeMs));
  return [
    appends.map((input) => command('append', input, append)),
    appends.map((input) => command('append in one call', input, appendInOneCall)),
    fc.tuple(topic, offset, limit).map((input) => command('read', input, read)),
    topic.map((input) => command('state', input, state)),
    fc.tuple(topic, offset, offset, userId).map((input) => command('count', input, count)),
    fc.tuple(topic, userId, offset, fc.boolean()).map((input) => command('receive', input, receive)),
    fc.tuple(topic, userId).map((input) => command('received', input, received)),
    fc.constant(command('unreceived', undefined, unreceived)),
    pause.map((input) => command('advance', input, advance)),
    ...(durable ? [fc.constant(command('reopen', undefined, reopen))] : []),
  ];
}

/** All of them in one turn. */
async function append(model: LogModel, real: Real, appends: readonly Append[]): Promise<void> {
  const appended = await Promise.all(appends.map(([topic, entry]) => real.store.append(topic, entry)));
  await checkAppended(model, real, appends, appended);
}

/** By `appendAll`, where the store has it. */
async function appendInOneCall(model: LogModel, real: Real, appends: readonly Append[]): Promise<void> {
  if (!real.store.appendAll) return append(model, real, appends);
  const outcomes = await real.store.appendAll(appends.map(([topic, entry]) => ({ topic, ...entry })));
  const appended = outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
  await checkAppended(model, real, appends, appended);
}

async function checkAppended(
  model: LogModel,
  real: Real,
  appends: readonly Append[],
  appended: readonly Appended[],
): Promise<void> {
  expect(appended).toHaveLength(appends.length);
  const fresh = new Map<Topic, Publication[]>();
  for (const [index, [topic, entry]] of appends.entries()) {
    const expected = model.append(topic, entry);
    expect(appended[index]?.position.offset).toBe(expected.offset);
    expect(appended[index]?.duplicateOf).toBe(expected.duplicateOf);
    checkEpoch(model, topic, appended[index]?.position.epoch);
    if (expected.duplicateOf !== undefined) continue;
    fresh.set(topic, [...(fresh.get(topic) ?? []), ...model.retained(topic).slice(-1)]);
  }
  const expected = [...fresh].map(([topic, publications]) => {
    return { topic, epoch: model.find(topic)?.epoch, publications };
  });
  const heard = await real.listener.take([...fresh.values()].flat().length);
  expect(heard.sort(byTopic)).toEqual(expected.sort(byTopic));
}

function byTopic(a: { topic: Topic }, b: { topic: Topic }): number {
  return a.topic - b.topic;
}

async function read(
  model: LogModel,
  { store }: Real,
  [topic, after, limit]: [Topic, number, { publications: number; size: number }],
): Promise<void> {
  const page = await store.read(topic, after, limit);
  checkState(model, topic, page);
  const rest = model.retained(topic).filter((publication) => publication.offset > after);
  let size = 0;
  const fitting = rest.filter((publication, index) => {
    size += publication.text.length;
    return index === 0 || (index < limit.publications && size <= limit.size);
  });
  expect(page.publications).toEqual(fitting);
}

async function state(model: LogModel, { store }: Real, topic: Topic): Promise<void> {
  checkState(model, topic, await store.state(topic));
}

async function count(
  model: LogModel,
  { store }: Real,
  [topic, after, upTo, userId]: [Topic, number, number, string],
): Promise<void> {
  const expected = model.retained(topic).filter(({ offset, to }) => {
    return offset > after && offset <= upTo && (to === undefined || to === userId);
  });
  expect(await store.count(topic, after, upTo, userId)).toBe(expected.length);
}

async function receive(
  model: LogModel,
  { store }: Real,
  [topic, userId, offset, ofThisEpoch]: [Topic, string, number, boolean],
): Promise<void> {
  if (offset < 0) return;
  const log = model.find(topic);
  // An epoch of the past, or one that never was.
  const foreign = [...model.epochs].find((epoch) => epoch !== log?.epoch) ?? 'never-was';
  const epoch = ofThisEpoch ? log?.epoch : foreign;
  if (epoch === undefined) return;
  await store.receive([{ topic, userId, position: { epoch, offset } }]);
  if (log === undefined || epoch !== log.epoch || offset > log.top) return;
  log.receipts.set(userId, Math.max(offset, log.receipts.get(userId) ?? 0));
}

async function received(model: LogModel, { store }: Real, [topic, userId]: [Topic, string]): Promise<void> {
  const log = model.find(topic);
  const offset = log?.receipts.get(userId);
  expect(await store.received(topic, userId)).toEqual(
    offset === undefined ? undefined : { epoch: log?.epoch, offset },
  );
}

async function unreceived(model: LogModel, { store }: Real): Promise<void> {
  expect(await store.unreceived()).toEqual(model.unreceived());
}

async function advance(model: LogModel, { opened }: Real, ms: number): Promise<void> {
  opened.clock.advance(ms);
  model.now += ms;
}

async function reopen(_: LogModel, real: Real): Promise<void> {
  real.store = await real.opened.reopen();
  real.listener = await listen(real.store, ...TOPICS);
}

function checkState(model: LogModel, topic: Topic, { epoch, top, earliest }: LogState): void {
  const log = model.obtain(topic);
  checkEpoch(model, topic, epoch);
  expect({ top, earliest }).toEqual({
    top: log.top,
    earliest: model.retained(topic)[0]?.offset ?? log.top + 1,
  });
}

/** The first answer of a topic tells its epoch; every later one has to agree, and no two topics may share one. */
function checkEpoch(model: LogModel, topic: Topic, epoch: string | undefined): void {
  const log = model.obtain(topic);
  if (log.epoch === undefined && epoch !== undefined) {
    expect(model.epochs).not.toContain(epoch);
    model.epochs.add(epoch);
    log.epoch = epoch;
  }
  expect(epoch).toBe(log.epoch);
}

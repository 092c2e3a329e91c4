import { OutcomeUnknownError } from '../../errors.ts';
import type { Appended, Entry, Topic } from '../log-store.ts';
import type { Connection } from './connection.ts';
import { type Link, LinkLostError } from './link.ts';
import type { TopicScripts } from './topic-scripts.ts';
import { unavailable } from './unavailable.ts';

/** Most publications of one call, and most characters of them: Redis does nothing else meanwhile. */
const MOST_PUBLICATIONS = 128;
const MOST_CHARACTERS = 262_144;

interface Waiting {
  readonly entry: Entry;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: Error) => void;
}

type Connected = Pick<Connection, 'tried' | 'link'>;

/**
 * Collects the appends of one turn of the event loop. Those of a topic go to Redis in one call, which does all of them or
 * none; an answer that is lost leaves all of them open.
 */
export class Appends {
  readonly #scripts: TopicScripts;
  readonly #connection: () => Connected;
  /** Called before the appends of a topic are sent. */
  readonly #before: (link: Link, topic: Topic) => void;
  #waiting = new Map<Topic, Waiting[]>();

  constructor(
    scripts: TopicScripts,
    connection: () => Connected,
    before: (link: Link, topic: Topic) => void,
  ) {
    this.#scripts = scripts;
    this.#connection = connection;
    this.#before = before;
  }

  /** Appends in the order of the calls. Rejects as `LogStore.append` does. */
  add(topic: Topic, entry: Entry): Promise<Appended> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.size === 0) setImmediate(() => void this.#send());
      const waiting = this.#waiting.get(topic);
      const append = { entry, resolve, reject };
      if (waiting === undefined) this.#waiting.set(topic, [append]);
      else waiting.push(append);
    });
  }

  async #send(): Promise<void> {
    const collected = this.#waiting;
    this.#waiting = new Map();
    await this.#connection().tried;
    for (const [topic, waiting] of collected) {
      for (const call of divide(waiting)) void this.#call(topic, call);
    }
  }

  async #call(topic: Topic, waiting: readonly Waiting[]): Promise<void> {
    try {
      const { link } = this.#connection();
      this.#before(link, topic);
      const answer = await this.#scripts.run(link, 'append', topic, ...writeEntries(waiting));
      const appended = readAppended(answer as AppendAnswer);
      for (const [index, { resolve }] of waiting.entries()) resolve(appended(index));
    } catch (error) {
      const failure = error instanceof LinkLostError ? new OutcomeUnknownError(error) : unavailable(error);
      for (const { reject } of waiting) reject(failure);
    }
  }
}

/** Into calls that do not hold Redis for long; each has at least one append, however large. */
function divide(waiting: readonly Waiting[]): Waiting[][] {
  const calls: Waiting[][] = [];
  let call: Waiting[] = [];
  let characters = 0;
  for (const append of waiting) {
    const { length } = append.entry.text;
    if (call.length === 0 || call.length === MOST_PUBLICATIONS || characters + length > MOST_CHARACTERS) {
      call = [];
      characters = 0;
      calls.push(call);
    }
    call.push(append);
    characters += length;
  }
  return calls;
}

/** The arguments of the script, and the idempotency keys. */
function writeEntries(waiting: readonly Waiting[]): [own: (string | number)[], keys: string[]] {
  const own: (string | number)[] = [];
  const keys: string[] = [];
  for (const { entry } of waiting) {
    const { text, to, idempotency } = entry;
    const memo = idempotency === undefined ? '' : JSON.stringify(idempotency.memo);
    own.push(text, text.length, to === undefined ? '' : JSON.stringify(to), memo);
    if (idempotency !== undefined) keys.push(idempotency.key);
  }
  return [own, keys];
}

/** Epoch, then offset, recipients, and the memo of the first one when it is a repetition, of each. */
type AppendAnswer = [epoch: string, ...(string | number | null)[]];

function readAppended([epoch, ...flat]: AppendAnswer): (index: number) => Appended {
  return (index) => {
    const [offset, recipients, memo] = flat.slice(index * 3, index * 3 + 3);
    const appended = { position: { epoch, offset: Number(offset) }, recipients: Number(recipients) };
    return typeof memo === 'string' ? { ...appended, duplicateOf: JSON.parse(memo) as string } : appended;
  };
}

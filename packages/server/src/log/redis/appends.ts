import { OutcomeUnknownError } from '../../errors.ts';
import type { Appended, Entry, Topic } from '../log-store.ts';
import type { Connection } from './connection.ts';
import { type Link, LinkLostError, RedisRefusal } from './link.ts';
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

/** What a call appends to a topic. */
interface Share {
  readonly topic: Topic;
  readonly waiting: Waiting[];
}

type Connected = Pick<Connection, 'tried' | 'link'>;

interface AppendsContext {
  readonly scripts: TopicScripts;
  /** Whether the keys of all topics are on one server, so that a call can append to several. */
  readonly together: boolean;
  readonly connection: () => Connected;
  /** Called before the appends of a topic are sent. */
  readonly before: (link: Link, topic: Topic) => void;
}

/**
 * Collects the appends of one turn of the event loop, which go to Redis in as few calls as can be. A call does all of what it
 * appends to a topic or none of it; an answer that is lost leaves all of them open.
 */
export class Appends {
  readonly #context: AppendsContext;
  #waiting = new Map<Topic, Waiting[]>();

  constructor(context: AppendsContext) {
    this.#context = context;
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
    await this.#context.connection().tried;
    for (const shares of divide(collected, this.#context.together)) void this.#call(shares);
  }

  async #call(shares: readonly Share[]): Promise<void> {
    const { scripts, connection, before } = this.#context;
    try {
      const { link } = connection();
      for (const { topic } of shares) before(link, topic);
      const appends = shares.map(({ topic, waiting }) => ({
        topic,
        entries: waiting.map(({ entry }) => entry),
      }));
      const answers = (await scripts.append(link, appends)) as (AppendAnswer | string)[];
      for (const [index, { waiting }] of shares.entries()) answer(link, waiting, answers[index]);
    } catch (error) {
      const failure = error instanceof LinkLostError ? new OutcomeUnknownError(error) : unavailable(error);
      for (const { waiting } of shares) rejectAll(waiting, failure);
    }
  }
}

/** Tells those who append to a topic what became of it: their places, or why Redis refused all of it. */
function answer(link: Link, waiting: readonly Waiting[], answered: AppendAnswer | string | undefined): void {
  if (typeof answered === 'object') {
    const appended = readAppended(answered);
    for (const [index, { resolve }] of waiting.entries()) resolve(appended(index));
    return;
  }
  const message = String(answered);
  rejectAll(waiting, unavailable(new RedisRefusal(message)));
  link.refused(message);
}

function rejectAll(waiting: readonly Waiting[], error: Error): void {
  for (const { reject } of waiting) reject(error);
}

/** Into calls that do not hold Redis for long; each has at least one append, however large. */
function divide(collected: ReadonlyMap<Topic, readonly Waiting[]>, together: boolean): Share[][] {
  const calls: Share[][] = [];
  let call: Share[] = [];
  let publications = MOST_PUBLICATIONS;
  let characters = 0;
  for (const [topic, waiting] of collected) {
    let share: Share | undefined;
    for (const append of waiting) {
      const { length } = append.entry.text;
      const isFull = publications === MOST_PUBLICATIONS || characters + length > MOST_CHARACTERS;
      if (isFull || (share === undefined && !together)) {
        call = [];
        calls.push(call);
        share = undefined;
        publications = 0;
        characters = 0;
      }
      if (share === undefined) {
        share = { topic, waiting: [] };
        call.push(share);
      }
      share.waiting.push(append);
      publications++;
      characters += length;
    }
  }
  return calls;
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

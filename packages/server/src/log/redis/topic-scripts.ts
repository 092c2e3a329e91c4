import { randomId } from '../../random-id.ts';
import type { Entry, Topic } from '../log-store.ts';
import { topicKeys } from './keys.ts';
import type { Link } from './link.ts';
import { loadTopicScripts, type TopicScript } from './scripts.ts';
import type { RedisLogSettings } from './settings.ts';

/** Stands for `Infinity`, which Lua would not read. */
const NO_LIMIT = 1e300;

/** What is appended to a topic. */
interface TopicAppend {
  readonly topic: Topic;
  readonly entries: readonly Entry[];
}

/** Runs the scripts that work on a topic. */
export class TopicScripts {
  readonly #settings: RedisLogSettings;
  readonly #scripts = loadTopicScripts();
  /**
   * Within which Redis is known to have forgotten nothing. Empty: the scripts take the process that they run in, since
   * another one may have forgotten something.
   */
  lineage = '';

  constructor(settings: RedisLogSettings) {
    this.#settings = settings;
  }

  /** Lets a server know all of them, so that they need not be sent with the first calls. */
  async load(link: Link): Promise<void> {
    for (const { text } of Object.values(this.#scripts)) await link.send('', ['SCRIPT', 'LOAD', text]);
  }

  run(link: Link, name: TopicScript, topic: Topic, own: readonly (string | number)[] = []): Promise<unknown> {
    const { channel, all } = topicKeys(this.#settings.prefix, topic);
    return this.#call(link, name, [channel, this.lineage, randomId()], all, own);
  }

  /** Appends to several topics, whose keys have to be on one server. */
  append(link: Link, appends: readonly TopicAppend[]): Promise<unknown> {
    const keys: string[] = [];
    const own: (string | number)[] = [];
    for (const { topic, entries } of appends) {
      const { channel, all, idempotency } = topicKeys(this.#settings.prefix, topic);
      const keyed = entries.flatMap(({ idempotency: known }) => (known ? idempotency(known.key) : []));
      keys.push(...all, ...keyed);
      own.push(channel, randomId(), entries.length, keyed.length);
      for (const { text, to, idempotency: known } of entries) {
        const user = to === undefined ? '' : JSON.stringify(to);
        own.push(text, text.length, user, known === undefined ? '' : JSON.stringify(known.memo));
      }
    }
    return this.#call(link, 'append', ['', this.lineage, ''], keys, own);
  }

  #call(
    link: Link,
    name: TopicScript,
    about: readonly [channel: string, lineage: string, newEpoch: string],
    keys: readonly string[],
    own: readonly (string | number)[],
  ): Promise<unknown> {
    const { retention, now } = this.#settings;
    const { publications, ageMs, topAgeMs } = retention;
    const time = now === undefined ? '' : Math.trunc(now());
    const args = [...about, time, publications, ageMs, topAgeMs, ...own];
    return link.run(
      this.#scripts[name],
      keys,
      args.map((value) => (value === Infinity ? `${NO_LIMIT}` : `${value}`)),
    );
  }
}

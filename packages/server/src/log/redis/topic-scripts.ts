import { randomId } from '../../random-id.ts';
import type { Topic } from '../log-store.ts';
import { topicKeys } from './keys.ts';
import type { Link } from './link.ts';
import { loadTopicScripts, type TopicScript } from './scripts.ts';
import type { RedisLogSettings } from './settings.ts';

/** Stands for `Infinity`, which Lua would not read. */
const NO_LIMIT = 1e300;

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

  run(
    link: Link,
    name: TopicScript,
    topic: Topic,
    own: readonly (string | number)[] = [],
    idempotencyKeys: readonly string[] = [],
  ): Promise<unknown> {
    const { prefix, retention, now } = this.#settings;
    const keys = topicKeys(prefix, topic);
    const { publications, ageMs, topAgeMs } = retention;
    const time = now === undefined ? '' : Math.trunc(now());
    const args = [keys.channel, this.lineage, randomId(), time, publications, ageMs, topAgeMs, ...own];
    return link.run(
      this.#scripts[name],
      [...keys.all, ...idempotencyKeys.map((key) => keys.idempotency(key))],
      args.map((value) => (value === Infinity ? `${NO_LIMIT}` : `${value}`)),
    );
  }
}

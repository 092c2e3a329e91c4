import type { Announcement, LogStore, Publication, Topic } from '../../log/log-store.ts';

/** How long an announcement may be on its way from node to node. */
const WAIT_MS = 5_000;

/** Hears what a store announces, and takes it in portions. */
export class Listener {
  readonly #store: LogStore;
  #heard: Announcement[] = [];

  /** Listens from now on. With nodes, only what is attended is heard for certain: see {@link listen}. */
  constructor(store: LogStore) {
    this.#store = store;
    store.onAnnouncement((announcement) => this.#heard.push(announcement));
  }

  /**
   * What was announced since the last call. A store without nodes has announced everything by now. With nodes it may be
   * on its way, and may come in pieces: so many publications are waited for, and those of a topic are put together.
   */
  async take(publications: number): Promise<Announcement[]> {
    if (this.#store.nodes) await this.#wait(publications);
    const heard = this.#heard;
    this.#heard = [];
    return this.#store.nodes ? joined(heard) : heard;
  }

  async #wait(publications: number): Promise<void> {
    const deadline = performance.now() + WAIT_MS;
    while (this.#heard.flatMap((announcement) => announcement.publications).length < publications) {
      if (performance.now() > deadline) {
        throw new Error(`of ${publications} publications were announced: ${JSON.stringify(this.#heard)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}

/** A listener to topics. With nodes they are attended, by one subscription of one user. */
export async function listen(store: LogStore, ...topics: readonly Topic[]): Promise<Listener> {
  const listener = new Listener(store);
  for (const topic of topics) await store.nodes?.attend(topic, new Map([['somebody', 1]]));
  return listener;
}

/** One announcement for each topic and epoch, by topic. */
function joined(heard: readonly Announcement[]): Announcement[] {
  const whole: { topic: Topic; epoch: string; publications: Publication[] }[] = [];
  for (const { topic, epoch, publications } of heard) {
    const last = whole.findLast((announcement) => announcement.topic === topic);
    if (last?.epoch === epoch) last.publications.push(...publications);
    else whole.push({ topic, epoch, publications: [...publications] });
  }
  return whole.sort((a, b) => a.topic - b.topic);
}

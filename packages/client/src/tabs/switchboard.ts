import type { Recovery } from '@vitalwire/protocol';
import { SharedTopic } from './shared-topic.ts';

/** The tab that has the connection. */
export const OWN = '';

/** What the switchboard works with. */
export interface Lines {
  /** Sends a command over the shared connection. */
  send(text: string): void;
  /** Gives a frame to tabs. */
  deliver(tabs: readonly string[], text: string): void;
  /** A tab asks for what only a connection of its own can give it. */
  dismiss(tab: string): void;
}

interface Frame {
  readonly type?: string;
  readonly diagnosis_id?: number;
  readonly id?: unknown;
  readonly after?: string;
  readonly epoch?: string;
  readonly offset?: number;
  readonly reconnect?: boolean;
  readonly data?: { readonly id?: unknown; readonly recovery?: Recovery };
}

interface Asked {
  readonly tab: string;
  readonly after: string | undefined;
}

/** One topic: asked for (no `topic` yet), joined, or being left. */
interface Entry {
  topic: SharedTopic | undefined;
  /** Who asked first, and for what. The tab may have left since. */
  asked: Asked & { gone?: boolean };
  /** The server's answer, which the answers to further tabs are made of. */
  answer: Frame | undefined;
  leaving: boolean;
  readonly tabs: Set<string>;
  /** Tabs that asked meanwhile. */
  waiting: Asked[];
}

/**
 * Serves many tabs over one connection, as the server would serve each alone: the commands of each go in, the frames of
 * each come out, in order. A topic is subscribed to once. It answers only what it can prove; a tab that asks for more
 * is dismissed.
 */
export class Switchboard {
  readonly #lines: Lines;
  readonly #topics = new Map<number, Entry>();
  /** What to do at the answer to a ping that was sent under this id. */
  readonly #pings = new Map<unknown, (pong: Frame) => void>();
  #count = 0;

  constructor(lines: Lines) {
    this.#lines = lines;
  }

  /** A tab says something. */
  said(tab: string, text: string): void {
    const { type, id, diagnosis_id = 0, after } = JSON.parse(text) as Frame;
    if (type === 'subscribe') this.#subscribe(diagnosis_id, { tab, after });
    else if (type === 'unsubscribe') this.#unsubscribe(diagnosis_id, tab);
    else if (type !== 'ping') this.#lines.send(text);
    else {
      this.#ping((pong) =>
        this.#lines.deliver([tab], JSON.stringify({ ...pong, data: id === undefined ? {} : { id } })),
      );
    }
  }

  /** A tab is gone. */
  left(tab: string): void {
    for (const diagnosisId of [...this.#topics.keys()]) this.#unsubscribe(diagnosisId, tab);
  }

  /** The server says something; `goodbye` passes on that every tab has to come back later. */
  heard(text: string, goodbye: (text: string) => void): void {
    const frame = read(text);
    if (frame.type === 'disconnect' && frame.reconnect) goodbye(text);
    const { type, diagnosis_id: diagnosisId = 0, epoch = '', offset = 0, data } = frame;
    const entry = this.#topics.get(diagnosisId);
    if (type === 'pong') {
      const answered = this.#pings.get(data?.id);
      this.#pings.delete(data?.id);
      return answered?.(frame);
    }
    if (!entry) return this.#lines.deliver([OWN], text);
    // What comes of a topic that is being left was meant for nobody who is there.
    if (entry.leaving) return;
    if (type === 'connect' && data?.recovery) return this.#answered(diagnosisId, entry, frame, text);
    if (type === 'error') return this.#refused(diagnosisId, entry, text);
    entry.topic?.took({ epoch, offset }, text);
    this.#lines.deliver([...entry.tabs], text);
  }

  #subscribe(diagnosisId: number, asked: Asked): void {
    const entry = this.#topics.get(diagnosisId);
    if (entry?.topic) return this.#join(entry, asked);
    if (entry) {
      entry.waiting.push(asked);
      return;
    }
    const { after } = asked;
    this.#topics.set(diagnosisId, {
      ...{ topic: undefined, asked, answer: undefined, leaving: false, tabs: new Set(), waiting: [] },
    });
    this.#send({ type: 'subscribe', diagnosis_id: diagnosisId, ...(after !== undefined && { after }) });
  }

  /** Lets a tab in where it stands, if that is known here. */
  #join(entry: Entry, { tab, after }: Asked): void {
    const joined = entry.topic?.join(after);
    if (!joined) return this.#lines.dismiss(tab);
    entry.tabs.add(tab);
    const { recovery, frames } = joined;
    const data = { ...entry.answer?.data, recovery };
    this.#lines.deliver([tab], JSON.stringify({ ...entry.answer, data }));
    for (const frame of frames) this.#lines.deliver([tab], frame);
  }

  #answered(diagnosisId: number, entry: Entry, frame: Frame, text: string): void {
    const { recovery } = frame.data as { recovery: Recovery };
    const first = !entry.topic;
    entry.topic = new SharedTopic(recovery, entry.asked.after);
    entry.answer = frame;
    if (first && !entry.asked.gone) entry.tabs.add(entry.asked.tab);
    this.#lines.deliver([...entry.tabs], text);
    for (const asked of entry.waiting.splice(0)) this.#join(entry, asked);
    if (entry.tabs.size === 0) this.#leave(diagnosisId, entry);
  }

  /** The server refused a topic to the user of this tab's token. Other tabs ask with their own. */
  #refused(diagnosisId: number, entry: Entry, text: string): void {
    this.#topics.delete(diagnosisId);
    const { tabs, asked, waiting } = entry;
    if (!entry.topic && !asked.gone) tabs.add(asked.tab);
    for (const tab of tabs) {
      if (tab === OWN) this.#lines.deliver([OWN], text);
      else this.#lines.dismiss(tab);
    }
    for (const one of waiting) {
      if (one.tab === OWN) this.#subscribe(diagnosisId, one);
      else this.#lines.dismiss(one.tab);
    }
  }

  #unsubscribe(diagnosisId: number, tab: string): void {
    const entry = this.#topics.get(diagnosisId);
    if (!entry) return;
    entry.waiting = entry.waiting.filter((asked) => asked.tab !== tab);
    if (entry.asked.tab === tab) entry.asked = { ...entry.asked, gone: true };
    if (entry.tabs.delete(tab) && entry.tabs.size === 0) this.#leave(diagnosisId, entry);
  }

  /** Leaves a topic. Whoever asks for it meanwhile waits until nothing more can come of before. */
  #leave(diagnosisId: number, entry: Entry): void {
    entry.leaving = true;
    entry.topic = undefined;
    this.#send({ type: 'unsubscribe', diagnosis_id: diagnosisId });
    this.#ping(() => {
      this.#topics.delete(diagnosisId);
      for (const asked of entry.waiting) this.#subscribe(diagnosisId, asked);
    });
  }

  #ping(answered: (pong: Frame) => void): void {
    const id = `tabs ${++this.#count}`;
    this.#pings.set(id, answered);
    this.#send({ type: 'ping', id });
  }

  #send(command: object): void {
    this.#lines.send(JSON.stringify(command));
  }
}

/** The fields of a frame; none of what is no JSON object. */
function read(text: string): Frame {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

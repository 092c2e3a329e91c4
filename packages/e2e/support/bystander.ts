import type { PublishBody } from '@vitalwire/protocol';
import { tokenOf, within } from '@vitalwire/testing';
import { feedback, offsetsOf } from './publications.ts';
import { type Frame, RawClient } from './raw-client.ts';

/** What the publications of a bystander contain, which no one else may ever see. */
export const CONFIDENTIAL = 'confidential words of the bystander';

const TOPIC = 999;

type PublishFeedback = (
  diagnosisId: number,
  body: PublishBody<'feedback_update'>,
) => Promise<{ offset: number }>;

/**
 * Somebody who does nothing wrong while others do: a subscriber of a topic of its own, to which something is published
 * all the time. Whatever happens to others, it sees no error, no gap and no delay.
 */
export class Bystander implements AsyncDisposable {
  readonly #client: RawClient;
  readonly #publish: PublishFeedback;
  readonly #published: Promise<void>;
  #running = true;
  #last = 0;

  private constructor(client: RawClient, publish: PublishFeedback) {
    this.#client = client;
    this.#publish = publish;
    this.#published = this.#run();
  }

  static async start(url: string, publish: PublishFeedback): Promise<Bystander> {
    const client = await RawClient.authenticated(
      url,
      await tokenOf({ sub: 'bystander', diagnoses: [TOPIC] }),
    );
    await client.subscribe(TOPIC, 'latest');
    return new Bystander(client, publish);
  }

  /** Rejects unless the bystander has received everything that was published up to now, and nothing else. */
  async check(): Promise<void> {
    const { offset } = await this.#publish(TOPIC, feedback(0, { comment: CONFIDENTIAL }));
    const caughtUp = this.#client.next((frame) => frame['offset'] === offset);
    await within(5_000, caughtUp, () => 'the bystander was held up');
    const { frames } = this.#client;
    const others = frames.filter(({ type }) => type !== 'feedback_update').map(({ type }) => type);
    const seen = offsetsOf(frames);
    const [first = 1] = seen;
    const hole = seen.findIndex((value, index) => value !== first + index);
    if (others.join() !== 'connect' || hole !== -1) {
      throw new Error(`the bystander saw ${others.join()}, and ${seen[hole]} after ${seen[hole - 1]}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#running = false;
    await this.#published;
    await this.#client[Symbol.asyncDispose]();
  }

  async #run(): Promise<void> {
    while (this.#running) {
      await this.#publish(TOPIC, feedback(++this.#last, { comment: CONFIDENTIAL }));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/** Whether any of these frames shows what belongs to the bystander. */
export function leaked(frames: readonly Frame[]): boolean {
  const isAboutTopic = ({ type, diagnosis_id }: Frame) => type !== 'error' && diagnosis_id === TOPIC;
  return frames.some((frame) => isAboutTopic(frame) || frame.text.includes(CONFIDENTIAL));
}

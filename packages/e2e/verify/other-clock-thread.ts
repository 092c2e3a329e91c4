// A client whose clock is off, in a thread of its own: only there can the time of day be another one.
import { parentPort, workerData } from 'node:worker_threads';
import { Random } from '../support/random.ts';
import { ClientSubscriber } from './client-subscriber.ts';
import { Journal } from './journal.ts';
import type { OtherClockOptions, Question, Word } from './other-clock.ts';
import { User } from './user.ts';

const { name, shiftMs, topics, port, file, seed } = workerData as OtherClockOptions;
const now = Date.now;
Date.now = () => now() + shiftMs;

/** The identity provider has the right time, and is outside. */
class RemoteUser extends User {
  #questions = 0;
  readonly #pending = new Map<number, (token: string) => void>();

  override token(): Promise<string> {
    const id = ++this.#questions;
    say({ id, ask: 'token' });
    return new Promise((resolve) => this.#pending.set(id, resolve));
  }

  receive(id: number, token: string): void {
    this.#pending.get(id)?.(token);
    this.#pending.delete(id);
  }
}

const journal = new Journal(file, name);
const user = new RemoteUser(name, topics, 0);
const random = new Random(seed);
const client = new ClientSubscriber({ name, user, topics, port, recorder: journal, random });

parentPort?.on('message', (message: Question | { id: number; token: string }) => {
  if ('token' in message) user.receive(message.id, message.token);
  else void answer(message).then((answered) => say({ id: message.id, answer: answered }));
});

async function answer(question: Question): Promise<unknown> {
  switch (question.ask) {
    case 'now':
      return Date.now();
    case 'behind':
      return topics.filter((topic) => {
        const last = question.lasts.get(topic);
        return last !== undefined && !client.hasPassed(topic, last);
      });
    case 'end':
      client.end('closed');
      return journal.close();
  }
}

function say(word: Word): void {
  parentPort?.postMessage(word);
}

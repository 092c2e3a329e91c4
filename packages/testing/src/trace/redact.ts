import { type Catalogue, type Command, publicationsOf, type ServerMessage } from '@vitalwire/protocol';
import { exampleBody } from '../publish/example-body.ts';
import { dataOf } from '../publish/publish.ts';

/** What stands for a token. */
const REDACTED = 'redacted';

/** Takes out of commands and messages who spoke and what about. Types, diagnoses, places and times stay. */
export class Redaction<C extends Catalogue> {
  readonly #catalogue: C;
  /** Names, in the order in which they came. */
  readonly #names = new Map<string, string>();

  constructor(catalogue: C) {
    this.#catalogue = catalogue;
  }

  command(command: Command): Command {
    return command.type === 'authenticate' ? { ...command, token: REDACTED } : command;
  }

  /** Contents become those of the catalogue's examples, which are valid. */
  message(message: ServerMessage<C>): ServerMessage<C> {
    return this.#redacted(message as ServerMessage) as ServerMessage<C>;
  }

  #redacted(message: ServerMessage): ServerMessage {
    switch (message.type) {
      case 'connect': {
        const { data } = message;
        const user_id = this.#nameOf(data.user_id, 'user');
        const session_id = this.#nameOf(data.session_id, 'session');
        return { ...message, data: { ...data, message: REDACTED, user_id, session_id } };
      }
      case 'error':
        return { ...message, message: REDACTED };
      case 'pong':
      case 'disconnect':
        return message;
      default: {
        const definition = publicationsOf(this.#catalogue).find(({ type }) => type === message.type);
        if (!definition) throw new Error(`the catalogue has no ${message.type}`);
        const data = dataOf(definition, exampleBody(definition, message.offset)) as never;
        return { ...message, data };
      }
    }
  }

  #nameOf(name: string, kind: string): string {
    const known = this.#names.get(`${kind} ${name}`);
    if (known !== undefined) return known;
    const number = [...this.#names.keys()].filter((key) => key.startsWith(`${kind} `)).length + 1;
    this.#names.set(`${kind} ${name}`, `${kind}-${number}`);
    return `${kind}-${number}`;
  }
}

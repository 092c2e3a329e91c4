import { type TokenContent, tokenOf } from '../tokens.ts';
import { CLOSED, refuse, type Subject } from './subject.ts';

/** A server that runs already. */
export interface ExistingServerOptions {
  /** Its address, such as `http://127.0.0.1:8000` or `https://staging.example.com`. */
  url: string;
  /** The secret of its tokens. Needed by `publish` and `tokenFor`, unless there is `getToken`. */
  secret?: string;
  /** Gets a token that the server accepts, where others sign them. */
  getToken?: (content: TokenContent) => string | Promise<string>;
}

const OWN = 'a server that the test has started: leave out `url`';

export function existingServer({ url, secret, getToken }: ExistingServerOptions): Subject {
  return {
    ...CLOSED,
    url: url.replace(/\/$/, ''),
    get now() {
      return Date.now();
    },
    output: '',
    token: async (content) => {
      if (getToken) return getToken(content);
      return secret === undefined
        ? refuse('a token', '`secret` or `getToken`')
        : tokenOf({ ...content, secret });
    },
    kill: () => refuse('kill', OWN),
    restart: () => refuse('restart', OWN),
    async [Symbol.asyncDispose]() {},
  };
}

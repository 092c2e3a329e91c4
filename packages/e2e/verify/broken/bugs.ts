import type { ViolationKind } from '@vitalwire/server/verify';
import type { LogKind } from '../cluster.ts';

/** A text of one source file of the server, and what takes its place. */
interface Edit {
  /** Below `packages/server/src`. */
  readonly file: string;
  readonly search: string;
  readonly replacement: string;
}

/** A server that breaks the promise in one way, to see that a run finds it. */
export interface Bug {
  readonly name: string;
  /** What is wrong with it. */
  readonly description: string;
  readonly edits: readonly Edit[];
  readonly log: LogKind;
  /** Faults that bring it to light. */
  readonly faults: readonly string[];
  /** Any of these is its trace. */
  readonly traces: readonly ViolationKind[];
}

/** Nodes do not see that a log in Redis went backwards. */
const NOBODY_COMPARES: readonly Edit[] = [
  {
    file: 'log/redis/scripts.ts',
    search: "return script(EVEN_WHEN_FULL + read('control'));",
    replacement: "return script(EVEN_WHEN_FULL + read('control').replace('beats < KNOWN_BEATS', 'false'));",
  },
  // Two more look whether a log went backwards.
  {
    file: 'log/redis/attendance.ts',
    search: 'if (known.offset > state.offset)',
    replacement: 'if (known.offset === Infinity)',
  },
  {
    file: 'log/redis/attendance.ts',
    search: 'if (attended.heard(position, publications.length))',
    replacement: 'if (attended.heard(position, publications.length) && position.offset === Infinity)',
  },
];

/** Servers that are broken on purpose. */
export const bugs: readonly Bug[] = [
  {
    name: 'answer-before-commit',
    description: 'a publish is answered before its transaction is committed',
    edits: [
      {
        file: 'log/sqlite-log.ts',
        search: 'this.#sql.begin.run();',
        replacement: 'if (!this.#database.isTransaction) this.#sql.begin.run();',
      },
      {
        file: 'log/sqlite-log.ts',
        search: 'this.#sql.commit.run();',
        replacement: 'if (Math.random() < 0.05) this.#sql.commit.run();',
      },
    ],
    log: 'sqlite',
    faults: ['server_killed'],
    traces: ['lost-ack', 'inconsistent-offset'],
  },
  {
    name: 'answer-before-sync',
    description: 'a publish is answered before the disk has it',
    edits: [
      {
        file: 'log/sqlite-file.ts',
        search: 'PRAGMA synchronous = FULL',
        replacement: 'PRAGMA synchronous = OFF',
      },
    ],
    log: 'sqlite',
    faults: ['power_lost'],
    traces: ['lost-ack', 'inconsistent-offset', 'epoch-lie'],
  },
  {
    name: 'resume-too-late',
    description: 'a resume skips one publication',
    edits: [
      {
        file: 'start.ts',
        search: "return { status: 'recovered', from: after.offset };",
        replacement: "return { status: 'recovered', from: Math.min(after.offset + 1, log.top) };",
      },
    ],
    log: 'sqlite',
    faults: ['connection_cut', 'network_down'],
    traces: ['false-recovered', 'undelivered', 'skip'],
  },
  {
    name: 'resume-too-early',
    description: 'a resume repeats one publication',
    edits: [
      {
        file: 'start.ts',
        search: "return { status: 'recovered', from: after.offset };",
        replacement: "return { status: 'recovered', from: Math.max(after.offset - 1, log.earliest - 1, 0) };",
      },
    ],
    log: 'sqlite',
    faults: ['connection_cut', 'network_down'],
    traces: ['duplicate-delivery'],
  },
  {
    name: 'fan-out-skipped',
    description: 'one hand-over in 2,000 is left out',
    edits: [
      {
        file: 'cursor.ts',
        search: 'if (selection.count === 0) continue;',
        replacement: 'if (selection.count === 0 || Math.random() < 0.0005) continue;',
      },
    ],
    log: 'sqlite',
    faults: ['connection_cut'],
    traces: ['undelivered', 'skip', 'false-recovered'],
  },
  {
    name: 'epoch-constant',
    description: 'a log that lost its past goes by its old epoch',
    edits: [
      {
        file: 'log/memory-topic.ts',
        search: 'readonly epoch = randomId();',
        replacement: "readonly epoch = 'always-the-same';",
      },
    ],
    log: 'memory',
    faults: ['server_killed'],
    traces: ['inconsistent-offset', 'epoch-lie', 'lost-ack'],
  },
  {
    name: 'epoch-constant-in-redis',
    description: 'a log that Redis lost goes by its old epoch',
    edits: [
      {
        file: 'log/redis/topic-scripts.ts',
        search: "import { randomId } from '../../random-id.ts';",
        replacement: "const randomId = () => 'always-the-same';",
      },
      // Otherwise nodes that know better refuse to serve such a log.
      ...NOBODY_COMPARES,
    ],
    log: 'redis',
    faults: ['redis_emptied', 'redis_metadata_deleted'],
    traces: ['inconsistent-offset', 'wrong-value', 'lost-ack'],
  },
  {
    name: 'copy-unnoticed',
    description: 'Redis is trusted with data that is older than a node has seen',
    edits: NOBODY_COMPARES,
    log: 'redis',
    faults: ['redis_put_back'],
    traces: ['inconsistent-offset', 'wrong-value', 'lost-ack', 'false-recovered', 'epoch-lie'],
  },
  {
    name: 'epoch-ignored',
    description: 'a position of another epoch is taken for one of this',
    edits: [
      {
        file: 'start.ts',
        search: "if (position.epoch !== log.epoch) return 'epoch_changed';",
        replacement: '',
      },
    ],
    log: 'memory',
    faults: ['server_killed'],
    traces: ['false-recovered', 'epoch-lie'],
  },
  {
    name: 'trim-without-gap',
    description: 'what the retention took is passed over in silence',
    edits: [
      {
        file: 'start.ts',
        search: "if (position.offset + 1 < log.earliest) return 'retention';",
        replacement: '',
      },
    ],
    log: 'sqlite',
    faults: ['device_asleep', 'network_down'],
    traces: ['false-recovered', 'undelivered', 'skip'],
  },
  {
    name: 'keys-forgotten',
    description: 'a repeated idempotency key publishes again',
    edits: [
      {
        file: 'log/sqlite-log.ts',
        search: 'if (known && known.time > horizon.expired) {',
        replacement: 'if (known && known.time > Infinity) {',
      },
    ],
    log: 'sqlite',
    faults: ['published_twice'],
    traces: ['duplicate-append'],
  },
  {
    name: 'expiry-ignored',
    description: 'a session outlives its token',
    edits: [
      {
        file: 'authentication.ts',
        search:
          'return this.#principal === undefined ? Infinity : this.#principal.expiresAt - this.#context.clock.now();',
        replacement: 'return Infinity;',
      },
    ],
    log: 'sqlite',
    faults: ['token_expired'],
    traces: ['delivered-after-expiry'],
  },
  {
    name: 'revocation-ignored',
    description: 'a revocation counts for new sessions only',
    edits: [
      {
        file: 'server.ts',
        search: "for (const session of hub.sessionsOf(userId)) session.end('access_denied');",
        replacement: '',
      },
    ],
    log: 'sqlite',
    faults: ['user_revoked'],
    traces: ['published-after-revocation', 'delivered-after-revocation'],
  },
  {
    name: 'address-ignored',
    description: 'a publication for one user reaches everybody',
    edits: [
      {
        file: 'delivery.ts',
        search: 'filter(({ to }) => to === undefined)',
        replacement: "filter(({ to }) => to !== '')",
      },
    ],
    log: 'sqlite',
    faults: ['connection_cut'],
    traces: ['cross-user'],
  },
  {
    name: 'sent-again',
    description: 'an append that Redis did not answer is sent again',
    edits: [
      {
        file: 'log/redis/appends.ts',
        search:
          'const failure = error instanceof LinkLostError ? new OutcomeUnknownError(error) : unavailable(error);',
        replacement: `if (error instanceof LinkLostError) {
          await new Promise((resolve) => setTimeout(resolve, 500));
          const keyless = ({ entry: { text, to }, ...append }) => ({ ...append, entry: { text, to } });
          return this.#call(shares.map(({ topic, waiting }) => ({ topic, waiting: waiting.map(keyless) })));
        }
        const failure = unavailable(error);`,
      },
    ],
    log: 'redis',
    faults: ['redis_connections_cut', 'redis_frozen'],
    traces: ['duplicate-append'],
  },
];

import type { BroadcastAnswer, Catalogue, PublicationDefinition, Status } from '@vitalwire/protocol';
import type { Principal, VerifyToken } from '../auth/principal.ts';
import type { Logger } from '../logger.ts';

/** A validated request to publish. */
export interface PublishRequest {
  readonly definition: PublicationDefinition;
  readonly diagnosisId: number;
  /** Already validated by the definition's body schema. */
  readonly body: Record<string, unknown>;
  readonly to?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  /** Most bytes of the text that is published; absent where the body was bounded already. */
  readonly maxBytes?: number | undefined;
  /** Scope of the idempotency key: two publishers never share one. */
  readonly publisher: string;
}

/** What the HTTP endpoints need of the rest of the server. */
export interface HttpDependencies {
  readonly catalogue: Catalogue;
  readonly maxBodyBytes: number;
  readonly maxBatchBytes: number;
  readonly logger: Logger;
  readonly verify: VerifyToken;
  /** Rejects with `access_denied` or `diagnosis_not_found` unless the principal may publish to the diagnosis. */
  readonly allowPublish: (principal: Principal, diagnosisId: number) => Promise<void>;
  /** Resolves when the publication is durable. Rejects with a `RequestError`. */
  readonly publish: (request: PublishRequest) => Promise<BroadcastAnswer>;
  /** As `publish` for each, in their order: resolves with what became of each. */
  readonly publishAll: (
    requests: readonly PublishRequest[],
  ) => Promise<readonly PromiseSettledResult<BroadcastAnswer>[]>;
  readonly status: () => Promise<Status>;
  /** Whether the server can do its work now. */
  readonly ready: () => Promise<boolean>;
  /** The metrics in the text format of Prometheus. */
  readonly metrics: () => Promise<{ contentType: string; text: string }>;
}

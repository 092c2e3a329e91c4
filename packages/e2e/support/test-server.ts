import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Catalogue, StandardCatalogue } from '@vitalwire/protocol';
import { InProcessServer, type InProcessServerOptions, tokenOf } from '@vitalwire/testing';
import { RawClient, type RawClientOptions } from './raw-client.ts';

/** A server in this process that clients of raw frames can be had of. */
export class TestServer<C extends Catalogue = StandardCatalogue> extends InProcessServer<C> {
  static override async start<const C extends Catalogue = StandardCatalogue>(
    options: InProcessServerOptions<C> = {},
    port = 0,
  ): Promise<TestServer<C>> {
    return new TestServer(await InProcessServer.open(options, port));
  }

  /** A plain client of one diagnosis, its `connect` still to be read. */
  async plain(
    diagnosisId: number,
    { sub = 'patient', ...options }: RawClientOptions & { sub?: string; after?: string } = {},
  ): Promise<RawClient> {
    return RawClient.plain(this.url, diagnosisId, {
      token: await tokenOf({ sub, diagnoses: [diagnosisId] }),
      ...options,
    });
  }

  /** An SDK-like client that has authenticated. */
  async client(
    diagnoses: readonly number[],
    { sub = 'patient', ...options }: RawClientOptions & { sub?: string } = {},
  ): Promise<RawClient> {
    return RawClient.authenticated(this.url, await tokenOf({ sub, diagnoses }), options);
  }
}

/** A folder that is removed at the end. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'vitalwire-e2e-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

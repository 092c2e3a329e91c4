import type { Publication } from '@vitalwire/client';
import { createClient } from '@vitalwire/client';
import type { PublicationType, PublishBody } from '@vitalwire/protocol';
import { tokenOf, until } from '@vitalwire/testing';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { clinicCatalogue, doseUpdate } from '../support/dose-update.ts';
import { publish } from '../support/http.ts';
import { TestServer } from '../support/test-server.ts';

type Clinic = typeof clinicCatalogue;

// support/dose-update.ts defines the type; nothing else in the repository knows it.
describe('a sixth message type, defined in one file', () => {
  const start = () => TestServer.start({ catalogue: clinicCatalogue });
  const body = { herb: 'Valerian', grams: 4, before: 2 };
  const data = { herb: 'Valerian', grams: 4, doubled: true };

  it('is known to the types', () => {
    expectTypeOf<PublicationType<Clinic>>().toEqualTypeOf<
      'recommendation_update' | 'effectiveness_update' | 'feedback_update' | 'dose_update'
    >();
    expectTypeOf<PublishBody<'dose_update', Clinic>>().toEqualTypeOf<typeof body>();
    expectTypeOf<Publication<'dose_update', Clinic>['data']>().toEqualTypeOf<typeof data>();
    // @ts-expect-error the standard catalogue has no such type
    expectTypeOf<PublishBody<'dose_update'>>().toEqualTypeOf<typeof body>();
  });

  it('is published by a method of the server and received by a typed handler of the client', async () => {
    await using server = await start();
    const client = createClient({
      url: `${server.url}/ws`,
      getToken: () => tokenOf({ diagnoses: [1] }),
      catalogue: clinicCatalogue,
      onGap: 'ignore',
    });
    const received: unknown[] = [];
    client.subscribe(1).on('dose_update', (dose, { type, offset }) => {
      expectTypeOf(dose).toEqualTypeOf<typeof data>();
      received.push(dose, type, offset);
    });
    expectTypeOf(server.broadcast.doseUpdate).parameter(1).toEqualTypeOf<typeof body>();
    await server.broadcast.doseUpdate(1, body);
    await until(
      () => received.length === 3,
      () => 'not received',
    );
    expect(received).toEqual([data, 'dose_update', 1]);
    client.close();
  });

  it('has an endpoint of its own, which validates', async () => {
    await using server = await start();
    await using client = await server.plain(1);
    const refused = await publish(server.url, 'dose-update', { diagnosis_id: 1, ...body, grams: 0 });
    expect([refused.status, await refused.json()]).toMatchObject([422, { issues: [{ path: 'grams' }] }]);
    expect((await publish(server.url, 'dose-update', { diagnosis_id: 1, ...body })).status).toBe(200);
    const [publication] = await client.publications(1);
    expect(publication).toMatchObject({ type: 'dose_update', data });
  });

  it('has no endpoint where the catalogue does not hold it', async () => {
    await using server = await TestServer.start();
    expect((await publish(server.url, 'dose-update', { diagnosis_id: 1, ...body })).status).toBe(404);
  });

  it('stands in the documents', async () => {
    await using server = await start();
    const openapi = await (await fetch(`${server.url}/openapi.json`)).json();
    expect(openapi).toHaveProperty(['paths', '/ws/broadcast-dose-update', 'post']);
    expect(JSON.stringify(openapi)).toContain(JSON.stringify(doseUpdate.publish.example).slice(1, -1));
    const asyncapi = await (await fetch(`${server.url}/asyncapi.json`)).json();
    expect(JSON.stringify(asyncapi)).toContain('"dose_update"');
    expect(JSON.stringify(asyncapi)).toContain(doseUpdate.summary);
  });

  it('is passed over by a client that does not know it', async () => {
    await using server = await start();
    const errors: unknown[] = [];
    const client = createClient({
      url: `${server.url}/ws`,
      getToken: () => tokenOf({ diagnoses: [1] }),
      onGap: 'ignore',
      onError: (error) => errors.push(error),
    });
    const types: string[] = [];
    const subscription = client.subscribe(1);
    subscription.on('publication', ({ type }) => void types.push(type));
    await server.broadcast.doseUpdate(1, body);
    await server.broadcast.feedbackUpdate(1, { feedback_id: 1, rating: 5, effectiveness: 1 });
    await until(
      () => types.length > 0,
      () => 'nothing was received',
    );
    expect(types).toEqual(['feedback_update']);
    expect(subscription.position?.offset).toBe(2);
    expect(errors).toHaveLength(1);
    client.close();
  });
});

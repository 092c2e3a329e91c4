import { describe, expect, it } from 'vitest';
import { asyncApiDocument, jsonSchemas, openApiDocument } from '../src/documents/index.ts';
import {
  broadcastBodySchema,
  broadcastPath,
  createMessageDecoder,
  issuesOf,
  type PublicationMessage,
  type PublishBody,
  placePublication,
  publicationsOf,
  serialisePublication,
} from '../src/index.ts';
import { part } from './support/document.ts';
import { doseUpdate, extendedCatalogue } from './support/dose-update.ts';
import { validatorOf } from './support/json-schema-validator.ts';

const frame = {
  type: 'dose_update',
  diagnosis_id: 123,
  data: { dose_mg: 250, previous_mg: 200, change_mg: 50 },
  timestamp: '2026-11-23T09:30:00.000Z',
  epoch: 'e',
  offset: 1,
} satisfies PublicationMessage<'dose_update', typeof extendedCatalogue>;

describe('a sixth message type, defined in one file', () => {
  it('is typed', () => {
    const body: PublishBody<'dose_update', typeof extendedCatalogue> = { dose_mg: 250 };
    // @ts-expect-error change_mg is computed by the server
    const wrong: PublishBody<'dose_update', typeof extendedCatalogue> = { change_mg: 50 };
    expect(doseUpdate.publish.body.safeParse(body).success).toBe(true);
    expect(doseUpdate.publish.body.safeParse(wrong).success).toBe(false);
  });

  it('can be published', () => {
    expect(publicationsOf(extendedCatalogue)).toContain(doseUpdate);
  });

  it('is written and read by the codec', () => {
    const { epoch, offset, ...unplaced } = frame;
    const data = doseUpdate.publish.toData(doseUpdate.publish.body.parse(doseUpdate.publish.example));
    const text = placePublication(serialisePublication({ ...unplaced, data }), { epoch, offset });
    expect(createMessageDecoder(extendedCatalogue)(text)).toEqual({ message: frame });
  });

  it('is refused by the codec when it does not fit', () => {
    const text = JSON.stringify({ ...frame, data: { ...frame.data, dose_mg: 0 } });
    expect(createMessageDecoder(extendedCatalogue)(text)).toMatchObject({
      invalid: {
        error: { code: 'invalid_message', issues: [{ path: 'data.dose_mg' }] },
        position: { epoch: 'e', offset: 1 },
      },
    });
  });

  it('has an endpoint and a body', () => {
    expect(broadcastPath('dose_update')).toBe('/ws/broadcast-dose-update');
    const schema = broadcastBodySchema(doseUpdate);
    expect(schema.parse({ diagnosis_id: 123, dose_mg: 250 })).toEqual({ diagnosis_id: 123, dose_mg: 250 });
    const { error } = schema.safeParse({ diagnosis_id: 0, dose_mg: 'much' });
    expect(error && issuesOf(error).map(({ path }) => path)).toEqual(['dose_mg', 'diagnosis_id']);
  });

  it('has JSON Schemas', () => {
    const schemas = jsonSchemas(extendedCatalogue);
    expect(validatorOf(schemas.messages['dose_update'] ?? {})(frame)).toEqual([]);
    expect(validatorOf(schemas.messages['dose_update'] ?? {})({ ...frame, data: {} })).not.toEqual([]);
    expect(validatorOf(schemas.bodies['dose_update'] ?? {})({ diagnosis_id: 1, dose_mg: 1 })).toEqual([]);
  });

  it('is in the OpenAPI document', () => {
    const document = openApiDocument(extendedCatalogue);
    const operation = part(document, 'paths', '/ws/broadcast-dose-update', 'post');
    expect(operation).toMatchObject({ summary: 'Publishes dose_update' });
    expect(operation['description']).toContain(doseUpdate.summary);
    expect(
      part(operation, 'requestBody', 'content', 'application/json', 'examples', 'everybody')['value'],
    ).toEqual({
      diagnosis_id: 123,
      dose_mg: 250,
      previous_mg: 200,
    });
    expect(part(document, 'components', 'schemas')).toHaveProperty('DoseUpdate');
    expect(part(document, 'paths', '/ws/{diagnosis_id}', 'get')['description']).toContain('`dose_update`');
  });

  it('is in the AsyncAPI document, on both channels', () => {
    const document = asyncApiDocument(extendedCatalogue);
    expect(part(document, 'components', 'messages', 'dose_update', 'examples', 0, 'payload')).toMatchObject({
      type: 'dose_update',
      data: frame.data,
    });
    for (const channel of ['one', 'many']) {
      expect(part(document, 'channels', channel, 'messages')).toHaveProperty('dose_update');
      expect(part(document, 'operations')).toHaveProperty(`send_dose_update_${channel}`);
    }
  });
});

import { join } from 'node:path';
import type { Principal } from '@vitalwire/server';
import { describe, expect, it } from 'vitest';
import { authorizeByRecords } from '../../server/clinic/access.ts';
import { openClinic, temporaryFolder } from '../support/clinic.ts';

function principal(userId: string): Principal {
  return { userId, expiresAt: Number.POSITIVE_INFINITY, scopes: new Set(), claims: { sub: userId } };
}

describe('authorizeByRecords', () => {
  using folder = temporaryFolder();
  using clinic = openClinic(join(folder.path, 'clinic.db'));
  const authorize = authorizeByRecords(clinic.records, clinic.people.byId);
  const decisions = (userId: string, action: 'subscribe' | 'publish') =>
    [101, 102, 999].map((id) => authorize(principal(userId), action, id));
  const table = {
    patient: decisions('amara', 'subscribe'),
    clinician: decisions('ines', 'subscribe'),
    stranger: decisions('stranger', 'subscribe'),
    nobody: decisions('no such person', 'subscribe'),
    publishing: decisions('ines', 'publish'),
  };

  it('lets patients follow their own diagnoses, and does not tell them which others exist', () => {
    expect(table.patient).toEqual(['allow', 'deny', 'deny']);
  });

  it('lets clinicians follow every diagnosis', () => {
    expect(table.clinician).toEqual(['allow', 'allow', 'not_found']);
  });

  it('lets nobody else follow any', () => {
    expect([table.stranger, table.nobody]).toEqual([
      ['deny', 'deny', 'deny'],
      ['deny', 'deny', 'deny'],
    ]);
  });

  it('lets no person publish', () => {
    expect(table.publishing).toEqual(['deny', 'deny', 'deny']);
  });
});

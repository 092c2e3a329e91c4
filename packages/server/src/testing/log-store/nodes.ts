import { describe, expect, it, vi } from 'vitest';
import type { LogStore } from '../../log/log-store.ts';
import type { Nodes } from '../../log/nodes.ts';
import type { Open } from './support.ts';

/** What a store offers that several processes share, as far as one of them can tell. */
export function describeNodes(open: Open, { durable }: { durable: boolean }): void {
  describe('nodes', () => {
    async function openNode() {
      const opened = await open();
      return { ...opened, nodes: nodesOf(opened.store) };
    }

    it('count the subscriptions that may see a publication', async () => {
      const { store, nodes } = await openNode();
      const users = new Map([['ann', 2]]);
      const recipients = async (to?: string) => (await store.append(1, { text: 'a', to })).recipients;
      expect(await recipients()).toBe(0);
      await nodes.attend(1, users);
      expect(await Promise.all([recipients(), recipients('ann'), recipients('bob')])).toEqual([2, 2, 0]);
      users.set('bob', 1);
      await nodes.attend(1, users);
      expect(await Promise.all([recipients(), recipients('ann'), recipients('bob')])).toEqual([3, 2, 1]);
      expect((await store.append(2, { text: 'a' })).recipients).toBe(0);
      users.clear();
      await nodes.attend(1, users);
      expect(await recipients()).toBe(0);
    });

    it('tell of a repeated append how many subscriptions there were at the first', async () => {
      const { store, nodes } = await openNode();
      const entry = { text: 'a', idempotency: { key: 'key', memo: '' } };
      const users = new Map([['ann', 2]]);
      await nodes.attend(1, users);
      await store.append(1, entry);
      users.set('bob', 5);
      await nodes.attend(1, users);
      expect(await store.append(1, entry)).toMatchObject({ duplicateOf: '', recipients: 2 });
    });

    it('know who is connected here, without delay', async () => {
      const { nodes } = await openNode();
      expect(await nodes.census()).toEqual({ connections: 0, subscriptions: new Map() });
      let connections = 3;
      nodes.report(() => ({ connections, subscriptions: new Map([[7, connections - 1]]) }));
      expect(await nodes.census()).toEqual({ connections: 3, subscriptions: new Map([[7, 2]]) });
      connections = 5;
      expect(await nodes.census()).toEqual({ connections: 5, subscriptions: new Map([[7, 4]]) });
    });

    it('can do their work', async () => {
      const { nodes } = await openNode();
      await nodes.check();
    });

    it('hear of a revocation', async () => {
      const { nodes } = await openNode();
      const heard = revocations(nodes);
      await nodes.revoke('ann', 1_000);
      await vi.waitFor(() => expect(heard).toContain('ann at 1000'));
      expect(new Set(heard)).toEqual(new Set(['ann at 1000']));
    });

    if (!durable) return;
    it('hear of revocations before their time', async () => {
      const { nodes, reopen } = await openNode();
      await nodes.revoke('ann', 1_000);
      await nodes.revoke('"bob\0"', 2_000);
      const heard = revocations(nodesOf(await reopen()));
      const both = ['ann at 1000', '"bob\0" at 2000'];
      await vi.waitFor(() => expect(new Set(heard)).toEqual(new Set(both)));
    });
  });
}

function nodesOf({ nodes }: LogStore): Nodes {
  if (!nodes) throw new Error('the store is said to have nodes, and has none');
  return nodes;
}

function revocations(nodes: Nodes): string[] {
  const heard: string[] = [];
  nodes.onRevocation((userId, atMs) => heard.push(`${userId} at ${atMs}`));
  return heard;
}

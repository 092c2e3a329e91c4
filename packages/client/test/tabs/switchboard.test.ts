import { beforeEach, describe, expect, it } from 'vitest';
import { OWN, Switchboard } from '../../src/tabs/switchboard.ts';
import { connectMessage, feedback } from '../support/messages.ts';

type Said = Record<string, unknown>;

let sent: Said[];
let delivered: [tab: string, type: unknown, of: unknown][];
let dismissed: string[];
let goodbyes: string[];
let board: Switchboard;

beforeEach(() => {
  [sent, delivered, dismissed, goodbyes] = [[], [], [], []];
  board = new Switchboard({
    send: (text) => sent.push(JSON.parse(text)),
    deliver(tabs, text) {
      const frame = JSON.parse(text);
      for (const tab of tabs) delivered.push([tab, frame.type, frame.offset ?? frame.data?.id]);
    },
    dismiss: (tab) => dismissed.push(tab),
  });
});

const say = (tab: string, command: object) => board.said(tab, JSON.stringify(command));
const subscribe = (tab: string, after?: string) =>
  say(tab, { type: 'subscribe', diagnosis_id: 1, ...(after && { after }) });
const unsubscribe = (tab: string) => say(tab, { type: 'unsubscribe', diagnosis_id: 1 });
const hear = (message: object) => board.heard(JSON.stringify(message), (text) => goodbyes.push(text));
const refuse = () => hear({ type: 'error', code: 'access_denied', message: 'no', diagnosis_id: 1 });
/** Answers every ping that was sent. */
const answer = () => {
  for (const { type, id } of sent.splice(0)) {
    if (type === 'ping') hear({ type: 'pong', data: { id }, timestamp: '2026-01-01T00:00:00Z' });
  }
};

describe('a switchboard', () => {
  it('subscribes to a topic once, and gives its publications to every tab that asked', () => {
    subscribe(OWN, 'e1:3');
    subscribe('b', 'e1:3');
    expect(sent).toEqual([{ type: 'subscribe', diagnosis_id: 1, after: 'e1:3' }]);
    hear(connectMessage(1, { from: 'e1:3', to: 'e1:3' }));
    hear(feedback(1, 4));
    expect(delivered).toEqual([
      [OWN, 'connect', undefined],
      ['b', 'connect', undefined],
      [OWN, 'feedback_update', 4],
      ['b', 'feedback_update', 4],
    ]);
  });

  it('supplies to a tab that joins what it does not have', () => {
    subscribe(OWN, 'e1:3');
    hear(connectMessage(1, { from: 'e1:3', to: 'e1:3' }));
    hear(feedback(1, 4));
    hear(feedback(1, 5));
    delivered = [];
    subscribe('b', 'e1:4');
    hear(feedback(1, 6));
    expect(delivered.filter(([tab]) => tab === 'b')).toEqual([
      ['b', 'connect', undefined],
      ['b', 'feedback_update', 5],
      ['b', 'feedback_update', 6],
    ]);
  });

  it('dismisses a tab that asks for what it does not know', () => {
    subscribe(OWN, 'e1:3');
    hear(connectMessage(1, { from: 'e1:3', to: 'e1:3' }));
    subscribe('b', 'e1:1');
    hear(feedback(1, 4));
    expect(dismissed).toEqual(['b']);
    expect(delivered.some(([tab]) => tab === 'b')).toBe(false);
  });

  it('tells every tab of a gap while connected, and answers from there on', () => {
    subscribe(OWN);
    subscribe('b');
    hear(connectMessage(1, { from: 'e1:3', to: 'e1:3' }));
    const lost = { reason: 'retention', last_seen: 'e1:3', first_available: 'e1:9' } as const;
    hear(connectMessage(1, { status: 'gap', ...lost, from: 'e1:8', to: 'e1:8' }));
    subscribe('c', 'e1:3');
    expect(delivered.slice(-2)).toEqual([
      [OWN, 'connect', undefined],
      ['b', 'connect', undefined],
    ]);
    expect(dismissed).toEqual(['c']);
  });

  it('passes a refusal to the tab whose token was refused, and lets the others ask themselves', () => {
    subscribe(OWN);
    subscribe('b');
    refuse();
    expect(delivered).toEqual([[OWN, 'error', undefined]]);
    expect(dismissed).toEqual(['b']);
    subscribe('b');
    subscribe(OWN);
    refuse();
    expect(dismissed).toEqual(['b', 'b']);
    // The own one asks again, for itself.
    expect(sent.filter(({ type }) => type === 'subscribe')).toHaveLength(3);
  });

  it('answers each ping in its place, with its own id', () => {
    say('b', { type: 'ping', id: 7 });
    say(OWN, { type: 'ping' });
    answer();
    expect(delivered).toEqual([
      ['b', 'pong', 7],
      [OWN, 'pong', undefined],
    ]);
  });

  it('leaves a topic with the last tab, and takes nothing of before for what comes after', () => {
    subscribe(OWN);
    subscribe('b');
    hear(connectMessage(1, { from: 'e1:3', to: 'e1:3' }));
    unsubscribe(OWN);
    expect(sent).toHaveLength(1);
    board.left('b');
    expect(sent.map(({ type }) => type)).toEqual(['subscribe', 'unsubscribe', 'ping']);
    subscribe('c', 'e1:3');
    delivered = [];
    hear(feedback(1, 4));
    expect(delivered).toEqual([]);
    answer();
    expect(sent).toEqual([{ type: 'subscribe', diagnosis_id: 1, after: 'e1:3' }]);
    hear(connectMessage(1, { from: 'e1:3', to: 'e1:4', count: 1 }));
    hear(feedback(1, 4));
    expect(delivered).toEqual([
      ['c', 'connect', undefined],
      ['c', 'feedback_update', 4],
    ]);
  });

  it('forgets a tab that went before the answer', () => {
    subscribe('b');
    board.left('b');
    hear(connectMessage(1));
    expect(delivered).toEqual([]);
    expect(sent.map(({ type }) => type)).toEqual(['subscribe', 'unsubscribe', 'ping']);
  });

  it('passes on that all have to come back later, and nothing else that ends the connection', () => {
    hear({ type: 'disconnect', code: 1012, reason: 'restarting', reconnect: true, retry_after_ms: 500 });
    hear({ type: 'disconnect', code: 1008, reason: 'invalid_token', reconnect: false });
    expect(goodbyes).toHaveLength(1);
    expect(delivered.map(([tab, type]) => [tab, type])).toEqual([
      [OWN, 'disconnect'],
      [OWN, 'disconnect'],
    ]);
  });
});

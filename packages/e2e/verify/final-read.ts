import { parsePosition, type ServerMessage } from '@vitalwire/protocol';
import { type Recorder, readPayload } from '@vitalwire/server/verify';
import { tokenOf, within } from '@vitalwire/testing';
import WebSocket from 'ws';
import type { Node } from './node.ts';

const AUDITOR = 'auditor';
const READ_WITHIN_MS = 20_000;

/** Records what the logs hold, as each node says: its store, and a subscription that begins at the earliest. */
export async function readLogs(
  nodes: readonly Node[],
  topics: Iterable<number>,
  recorder: Recorder,
): Promise<void> {
  for (const topic of topics) {
    for (const node of nodes) {
      const { epoch, earliest, top, entries } = await node.log(topic);
      recorder.record({ type: 'log.read', node: node.name, topic, epoch, earliest, top, entries });
      const served = await readServed(node, topic);
      recorder.record({ type: 'log.read', node: `${node.name}, served`, topic, user: AUDITOR, ...served });
    }
  }
}

interface Served {
  epoch: string;
  earliest: number;
  top: number;
  entries: { offset: number; id: string }[];
}

/** Reads a topic's log as a new subscriber does. */
async function readServed({ port }: Node, topic: number): Promise<Served> {
  const token = await tokenOf({ sub: AUDITOR, diagnoses: [topic] });
  const query = new URLSearchParams({ token, after: 'earliest' });
  const webSocket = new WebSocket(`ws://127.0.0.1:${port}/ws/${topic}?${query}`);
  const served: Served = { epoch: '', earliest: 0, top: 0, entries: [] };
  const complete = new Promise<Served>((resolve, reject) => {
    let left = Number.POSITIVE_INFINITY;
    webSocket.on('error', reject);
    webSocket.on('close', (code, reason) => reject(new Error(`the log was not served: ${code} ${reason}`)));
    webSocket.on('message', (data) => {
      const message: ServerMessage = JSON.parse(String(data));
      if (message.type === 'connect') {
        const { from, to, count } = message.data.recovery;
        served.epoch = message.data.epoch;
        served.earliest = (parsePosition(from)?.offset ?? 0) + 1;
        served.top = parsePosition(to)?.offset ?? 0;
        left = count;
      } else if ('offset' in message) {
        served.entries.push({ offset: message.offset, id: readPayload(message.data)?.id ?? '' });
        left--;
      }
      if (left === 0) resolve(served);
    });
  });
  try {
    return await within(READ_WITHIN_MS, complete, () => `topic ${topic} was not served to its end`);
  } finally {
    webSocket.terminate();
  }
}

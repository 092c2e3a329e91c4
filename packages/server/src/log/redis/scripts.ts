import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A Lua script, known to the server by its digest. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

const ofTopic = ['append', 'read', 'count', 'received', 'receive', 'unreceived', 'attend', 'renew'] as const;

export type TopicScript = (typeof ofTopic)[number];

/** Every script that works on one topic's keys; what they have in common stands before each of them. */
export const topicScripts = Object.fromEntries(
  ofTopic.map((name) => [name, script(`${read('log')}\n${read(name)}`)]),
) as Record<TopicScript, Script>;

export const controlScript = script(read('control'));

function read(name: string): string {
  return readFileSync(new URL(`${name}.lua`, import.meta.url), 'utf8');
}

function script(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A Lua script, known to the server by its digest. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

const ofTopic = ['append', 'read', 'count', 'received', 'receive', 'unreceived', 'attend', 'renew'] as const;

export type TopicScript = (typeof ofTopic)[number];

/**
 * When the memory of Redis is full, only publications are refused: what the others write is little, and without it nobody
 * could read any more.
 */
const EVEN_WHEN_FULL = '#!lua flags=allow-oom\n';

/** Every script that works on one topic's keys; what they have in common stands before each of them. */
export function loadTopicScripts(): Readonly<Record<TopicScript, Script>> {
  const common = read('log');
  const scripts = ofTopic.map((name) => {
    const text = `${common}\n${read(name)}`;
    return [name, script(name === 'append' ? text : EVEN_WHEN_FULL + text)];
  });
  return Object.fromEntries(scripts) as Record<TopicScript, Script>;
}

export function loadControlScript(): Script {
  return script(EVEN_WHEN_FULL + read('control'));
}

function read(name: string): string {
  return readFileSync(new URL(`${name}.lua`, import.meta.url), 'utf8');
}

function script(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

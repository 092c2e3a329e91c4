import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasRedis } from '@vitalwire/server/testing/redis';
import { describe, expect, it } from 'vitest';
import type { Measurement } from '../src/results.ts';
import { fanOut } from '../src/scenarios/fan-out.ts';
import { idleMemory } from '../src/scenarios/idle-memory.ts';
import { latency } from '../src/scenarios/latency.ts';
import { publishByHttp } from '../src/scenarios/publish.ts';
import type { Scenario } from '../src/scenarios/scenario.ts';
import { storm } from '../src/scenarios/storm.ts';
import { type TargetName, targetNames } from '../src/target-names.ts';

/** Not pinned, and for a moment only: what is measured means nothing, but every part does its work. */
const surroundings = {
  cores: { server: undefined, load: undefined },
  effort: { warmUpMs: 20, measureMs: 50, latencyMs: 100, warmUpStorms: 1, storms: 1, slowRounds: 1 },
};

/** Lets it have one turn after another. */
async function measure(scenario: Scenario, target: TargetName, profile?: string): Promise<Measurement> {
  const measuring = scenario.measure(target, { ...surroundings, ...(profile && { profile }) });
  for (;;) {
    const step = await measuring.next();
    if (step.done) return step.value;
  }
}

const startable = targetNames.filter((target) => target !== 'vitalwire-redis' || hasRedis());
const OTHERS: readonly TargetName[] = ['ws-naive', 'vitalwire-sqlite'];
const RECOVERING: readonly TargetName[] = [...OTHERS, 'socket.io'];

describe.concurrent('the bench', () => {
  it.each(startable)('delivers everything from %s to everybody, in order', async (target) => {
    const scenario = fanOut('fan-out', '', { subscribers: 6, topics: 3, messages: 8, targets: [target] });
    const { figures } = await measure(scenario, target);
    expect(figures['cpu']).toBeGreaterThan(0);
  });

  it('writes a profile of the server', async ({ onTestFinished }) => {
    const folder = mkdtempSync(join(tmpdir(), 'vitalwire-bench-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const profile = join(folder, 'limit.cpuprofile');
    const scenario = fanOut('fan-out', '', { subscribers: 2, topics: 1, messages: 1, targets: ['limit'] });
    await measure(scenario, 'limit', profile);
    expect(JSON.parse(readFileSync(profile, 'utf8')).nodes).not.toEqual([]);
  });

  it('weighs idle connections', async () => {
    const { figures } = await measure(idleMemory(20, ['limit']), 'limit');
    expect(figures['memory']).toBeTypeOf('number');
  });

  it('times deliveries at a fixed rate', async () => {
    const options = { subscribers: 5, ticksPerSecond: 50, targets: ['limit'] } as const;
    const { figures } = await measure(latency('latency', '', options), 'limit');
    expect(figures['p99']).toBeGreaterThan(0);
  });

  it.each(RECOVERING)('lets everybody come back to %s at once', async (target) => {
    const options = { clients: 20, topics: 4, missed: 5, targets: RECOVERING };
    const { figures } = await measure(storm('storm', '', options), target);
    expect(figures['time']).toBeGreaterThan(0);
  });

  it.each(OTHERS)('publishes to %s by HTTP, and its subscriber gets everything once', async (target) => {
    const scenario = publishByHttp('publish', '', { connections: 4, topics: 1, targets: OTHERS });
    const { figures } = await measure(scenario, target);
    expect(figures['rate']).toBeGreaterThan(0);
  });

  it('publishes several in one body', async () => {
    const options = { connections: 2, topics: 3, batch: 10, targets: OTHERS };
    const { figures } = await measure(publishByHttp('batch', '', options), 'vitalwire-sqlite');
    expect(figures['rate']).toBeGreaterThan(0);
  });
});

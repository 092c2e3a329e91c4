import { describe, expect, it } from 'vitest';
import { createMetrics } from '../src/metrics.ts';

/** The value of one sample, by its name and labels as they are written. */
function sample(text: string, name: string): number | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

describe('metrics', () => {
  it('expose what was counted', async () => {
    const metrics = createMetrics();
    metrics.connectionOpened();
    metrics.connectionOpened();
    metrics.connectionClosed('token_expired');
    metrics.subscriptions(1);
    metrics.subscriptions(1);
    metrics.subscriptions(-1);
    metrics.published('feedback_update', 1);
    metrics.published('feedback_update', 2);
    metrics.publishTook(0.002);
    metrics.delivered(3);
    metrics.gap('retention');
    const { text, contentType } = await metrics.expose();
    expect(contentType).toMatch(/^text\/plain; version=/);
    expect(sample(text, 'vitalwire_connections')).toBe(1);
    expect(sample(text, 'vitalwire_closes_total{reason="token_expired"}')).toBe(1);
    expect(sample(text, 'vitalwire_subscriptions')).toBe(1);
    expect(sample(text, 'vitalwire_publications_total{type="feedback_update"}')).toBe(3);
    expect(sample(text, 'vitalwire_deliveries_total')).toBe(3);
    expect(sample(text, 'vitalwire_gaps_total{reason="retention"}')).toBe(1);
    expect(sample(text, 'vitalwire_publish_seconds_count')).toBe(1);
    expect(sample(text, 'vitalwire_publish_seconds_sum')).toBe(0.002);
  });

  it('are separate for two servers of one process', async () => {
    const metrics = createMetrics();
    createMetrics().connectionOpened();
    expect(sample((await metrics.expose()).text, 'vitalwire_connections')).toBe(0);
  });

  it('tell the state of the process, once', async () => {
    createMetrics();
    const { text } = await createMetrics().expose();
    expect(text.match(/^process_resident_memory_bytes /gm)).toHaveLength(1);
    expect(text.match(/^# HELP nodejs_eventloop_lag_seconds /gm)).toHaveLength(1);
  });

  it('are well formed: every line is a comment or one sample', async () => {
    const metrics = createMetrics();
    metrics.published('a_type', 1);
    metrics.publishTook(1);
    const { text } = await metrics.expose();
    for (const line of text.split('\n').filter(Boolean)) {
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{[^}]*\})? \S+)$/);
    }
    const names = [...text.matchAll(/^# HELP (\w+)/gm)].map(([, name]) => name);
    expect(names).toEqual([...new Set(names)]);
  });

  it('survive a clock that was set back', async () => {
    const metrics = createMetrics();
    metrics.publishTook(-5);
    expect(sample((await metrics.expose()).text, 'vitalwire_publish_seconds_sum')).toBe(0);
  });
});

import { render, screen } from '@testing-library/react';
import { ClientError, type Gap, type Snapshot } from '@vitalwire/client';
import type { Position } from '@vitalwire/protocol';
import { until } from '@vitalwire/testing';
import { StrictMode } from 'react';
import { describe, expect, it } from 'vitest';
import { useDiagnosis } from '../src/index.ts';
import { range, Ward } from './support/ward.tsx';

describe('a gap', () => {
  it('is shown until it is acknowledged, to all components at once, and told to every handler', async () => {
    await using ward = await Ward.open({ retention: { publications: 2 } });
    const { client, wrapper } = ward.provider();
    const told: string[] = [];
    function Shown({ name, onGap }: { name: string; onGap: 'ignore' | ((gap: Gap) => void) }) {
      const { gap, acknowledgeGap, latest } = useDiagnosis(1, { onGap });
      return (
        <button type="button" onClick={acknowledgeGap}>
          {name} {gap ? `${gap.reason} after ${gap.lastSeen.offset}` : 'whole'}{' '}
          {latest.feedback_update?.offset}
        </button>
      );
    }
    const page = (render: string) => {
      const tell = (name: string) => (gap: Gap) =>
        void told.push(`${name} ${gap.firstAvailable.offset} in the ${render} render`);
      return [
        <Shown key="1" name="one" onGap={tell('one')} />,
        <Shown key="2" name="two" onGap={tell('two')} />,
        <Shown key="3" name="three" onGap="ignore" />,
      ];
    };
    const { rerender } = render(page('first'), { wrapper });
    await ward.publish(1, 1);
    await screen.findByText('three whole 1');
    rerender(page('last'));
    client.disconnect();
    await ward.publish(1, ...range(2, 6));
    client.connect();
    await screen.findByText('one retention after 1 6');
    expect(told).toEqual(['one 5 in the last render', 'two 5 in the last render']);
    screen.getByText('three retention after 1 6').click();
    await screen.findByText('one whole 6');
    await screen.findByText('two whole 6');
    await ward.publish(1, 7);
    await screen.findByText('one whole 7');
  });

  it('holds later publications back until its handler is done', async () => {
    await using ward = await Ward.open({ retention: { publications: 1 } });
    const { client, wrapper } = ward.provider();
    let done = () => {};
    const handled = new Promise<void>((resolve) => {
      done = resolve;
    });
    function Shown() {
      const { gap, latest } = useDiagnosis(1, { onGap: () => handled });
      return (
        <p>
          {gap ? 'gap' : 'whole'} {latest.feedback_update?.offset ?? 'nothing'}
        </p>
      );
    }
    render(<Shown />, { wrapper });
    await ward.publish(1, 1);
    await screen.findByText('whole 1');
    client.disconnect();
    await ward.publish(1, 2, 3);
    client.connect();
    await screen.findByText('gap 1');
    done();
    await screen.findByText('gap 3');
  });
});

/** The application's backend: it keeps what it publishes. */
class Records {
  readonly kept: { id: number; position: Position }[] = [];
  readonly #ward: Ward;
  /** Loading takes until then. */
  ready = Promise.resolve();
  loads = 0;
  aborted = 0;

  constructor(ward: Ward) {
    this.#ward = ward;
  }

  async publish(count: number): Promise<void> {
    for (let n = 0; n < count; n++) {
      const id = this.kept.length + 1;
      const body = { feedback_id: id, rating: 4, effectiveness: 0.8 };
      const { epoch, offset } = await this.#ward.server.broadcast.feedbackUpdate(1, body);
      this.kept.push({ id, position: { epoch, offset } });
    }
  }

  readonly load = async ({ signal }: { signal: AbortSignal }): Promise<Snapshot<readonly number[]>> => {
    this.loads++;
    signal.addEventListener('abort', () => this.aborted++);
    const known = [...this.kept];
    await this.ready;
    return { state: known.map(({ id }) => id), position: known.at(-1)?.position ?? 'earliest' };
  };
}

const add = (ids: readonly number[], { type, data }: { type: string; data: unknown }) =>
  type === 'feedback_update' ? [...ids, (data as { feedback_id: number }).feedback_id] : ids;

describe('loadSnapshot', () => {
  it('gives the state, with every later publication on top, once', async () => {
    await using ward = await Ward.open();
    const { wrapper: Wrapper } = ward.provider();
    const records = new Records(ward);
    await records.publish(10);
    const shown = new Set<string>();
    function Shown({ name }: { name: string }) {
      const { data } = useDiagnosis(1, { loadSnapshot: records.load, reduce: add });
      shown.add(data?.join() ?? 'loading');
      return (
        <p>
          {name} {data?.length ?? 'loading'}
        </p>
      );
    }
    render(
      <StrictMode>
        <Wrapper>
          <Shown name="one" />
          <Shown name="two" />
        </Wrapper>
      </StrictMode>,
    );
    await records.publish(30);
    await screen.findByText('one 40');
    await screen.findByText('two 40');
    for (const ids of shown) {
      if (ids !== 'loading') expect(ids).toBe(range(1, ids.split(',').length).join());
    }
    // Neither StrictMode nor a second component loads it again.
    expect([records.loads, ward.errors]).toEqual([1, []]);
  });

  it('loads it again after a gap, which is over with that', async () => {
    await using ward = await Ward.open({ retention: { publications: 2 } });
    const { client, wrapper } = ward.provider();
    const records = new Records(ward);
    function Shown() {
      const { data, gap, state } = useDiagnosis(1, {
        // Functions of the render: those of the last one are called, and nothing is loaded for their sake.
        loadSnapshot: (request) => records.load(request),
        reduce: (ids: readonly number[], publication) => add(ids, publication),
      });
      return (
        <p>
          {state.name} {gap?.reason ?? 'whole'} {data?.join()}
        </p>
      );
    }
    render(<Shown />, { wrapper });
    await records.publish(2);
    await screen.findByText('live whole 1,2');
    client.disconnect();
    await records.publish(8);
    let open = () => {};
    records.ready = new Promise((resolve) => {
      open = resolve;
    });
    client.connect();
    await screen.findByText('catching_up retention 1,2');
    open();
    await screen.findByText(`live whole ${range(1, 10).join()}`);
    await records.publish(1);
    await screen.findByText(`live whole ${range(1, 11).join()}`);
    expect(records.loads).toBe(2);
  });

  it('stops with an error where the state would become wrong', async () => {
    await using ward = await Ward.open();
    const { wrapper } = ward.provider();
    const reduce = (ids: readonly number[], publication: { type: string; data: unknown; offset: number }) => {
      if (publication.offset === 2) throw new Error('cannot be');
      return add(ids, publication);
    };
    const records = new Records(ward);
    function Shown() {
      const { data, error } = useDiagnosis(1, { loadSnapshot: records.load, reduce });
      return (
        <p>
          {data?.join()} {error?.code ?? 'well'}
        </p>
      );
    }
    render(<Shown />, { wrapper });
    await records.publish(3);
    await screen.findByText('1 handler_failed');
    expect(ward.errors).toMatchObject([{ message: 'cannot be' }]);
  });

  it('stops with an error that the backend gives for good', async () => {
    await using ward = await Ward.open();
    const { wrapper } = ward.provider();
    const refuse = () => Promise.reject(new ClientError('access_denied', 'not yours'));
    function Shown() {
      const { data, error, state } = useDiagnosis(1, { loadSnapshot: refuse, reduce: add });
      return (
        <p>
          {state.name} {error?.code} {data?.join()}
        </p>
      );
    }
    render(<Shown />, { wrapper });
    await screen.findByText('stopped access_denied');
    expect(ward.errors).toMatchObject([{ code: 'access_denied' }]);
  });

  it('is told when nobody waits for it any more', async () => {
    await using ward = await Ward.open();
    const { wrapper } = ward.provider();
    const records = new Records(ward);
    function Shown() {
      return <p>{useDiagnosis(1, { loadSnapshot: records.load, reduce: add }).state.name}</p>;
    }
    const { unmount } = render(<Shown />, { wrapper });
    unmount();
    await until(
      () => records.aborted === 1,
      () => `${records.aborted} aborted`,
    );
  });
});

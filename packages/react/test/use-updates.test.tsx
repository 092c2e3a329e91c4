import { render } from '@testing-library/react';
import { until } from '@vitalwire/testing';
import { type ReactNode, StrictMode } from 'react';
import { describe, expect, it } from 'vitest';
import { useUpdates } from '../src/index.ts';
import { range, turn, Ward } from './support/ward.tsx';

const inStrictMode = (Wrapper: (props: { children: ReactNode }) => ReactNode) =>
  function Strict({ children }: { children: ReactNode }) {
    return (
      <StrictMode>
        <Wrapper>{children}</Wrapper>
      </StrictMode>
    );
  };

/** A component that keeps the ids of all feedback, and counts how often it renders. */
function keeping(handle: (id: unknown) => unknown = () => {}) {
  const kept = { ids: [] as unknown[], renders: 0 };
  function Keeping() {
    kept.renders++;
    useUpdates(
      1,
      'feedback_update',
      async ({ feedback_id }) => {
        await handle(feedback_id);
        kept.ids.push(feedback_id);
      },
      { onGap: 'ignore' },
    );
    return null;
  }
  const reached = (id: number) =>
    until(
      () => kept.ids.at(-1) === id,
      () => `${id} is not the last of ${kept.ids.join()}`,
    );
  return Object.assign(kept, { Keeping, reached });
}

describe('a handler', () => {
  it('is given each publication once and in order, and renders nothing', async () => {
    await using ward = await Ward.open();
    const { wrapper } = ward.provider();
    await ward.publish(1, 1, 2);
    const kept = keeping();
    render(<kept.Keeping />, { wrapper });
    await ward.publish(1, 3, 4);
    await ward.measure(1, 40);
    await ward.publish(1, 5);
    await kept.reached(5);
    expect([kept.ids, kept.renders]).toEqual([range(1, 5), 1]);
  });

  it('is awaited before the next publication', async () => {
    await using ward = await Ward.open();
    const { wrapper } = ward.provider();
    let running = 0;
    let most = 0;
    const kept = keeping(async (id) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, id === 1 ? 30 : 0));
      running--;
    });
    render(<kept.Keeping />, { wrapper });
    await ward.publish(1, ...range(1, 5));
    await kept.reached(5);
    expect([kept.ids, most]).toEqual([range(1, 5), 1]);
  });

  it('is that of the last render', async () => {
    await using ward = await Ward.open();
    const { wrapper, commands } = ward.provider();
    const given: string[] = [];
    function Named({ name }: { name: string }) {
      useUpdates(1, 'feedback_update', ({ feedback_id }) => void given.push(`${name} ${feedback_id}`), {
        onGap: 'ignore',
      });
      return null;
    }
    const { rerender } = render(<Named name="one" />, { wrapper });
    await ward.publish(1, 1);
    await until(
      () => given.length === 1,
      () => given.join(),
    );
    rerender(<Named name="two" />);
    await ward.publish(1, 2);
    await until(
      () => given.length === 2,
      () => given.join(),
    );
    expect(given).toEqual(['one 1', 'two 2']);
    expect(commands.filter((one) => one.includes('subscribe'))).toEqual(['subscribe 1']);
  });

  it('may take another type, or all, and is given nothing twice', async () => {
    await using ward = await Ward.open();
    const { wrapper } = ward.provider();
    const given: string[] = [];
    function All() {
      useUpdates(1, 'publication', ({ type, offset }) => void given.push(`${type} ${offset}`), {
        onGap: 'ignore',
      });
      return null;
    }
    function One({ type }: { type: 'feedback_update' | 'effectiveness_update' }) {
      useUpdates(1, type, (_data, { offset }) => void given.push(`one ${offset}`), { onGap: 'ignore' });
      return null;
    }
    const page = (type: 'feedback_update' | 'effectiveness_update') => [
      <All key="all" />,
      <One key="one" type={type} />,
    ];
    const { rerender } = render(page('feedback_update'), { wrapper });
    const reached = (count: number) =>
      until(
        () => given.length === count,
        () => given.join(),
      );
    await ward.publish(1, 1);
    await ward.measure(1, 40);
    await reached(3);
    rerender(page('effectiveness_update'));
    await ward.measure(1, 50);
    await ward.publish(1, 2);
    await reached(6);
    expect(given.sort()).toEqual([
      'effectiveness_update 2',
      'effectiveness_update 3',
      'feedback_update 1',
      'feedback_update 4',
      'one 1',
      'one 3',
    ]);
  });

  it('follows the id, and rests without one', async () => {
    await using ward = await Ward.open();
    const { wrapper } = ward.provider();
    const given: string[] = [];
    function Following({ id }: { id: number | undefined }) {
      useUpdates(
        id,
        'feedback_update',
        ({ feedback_id }, { diagnosis_id }) => void given.push(`${diagnosis_id}:${feedback_id}`),
        { onGap: 'ignore' },
      );
      return null;
    }
    const reached = (last: string) =>
      until(
        () => given.at(-1) === last,
        () => given.join(),
      );
    const { rerender } = render(<Following id={undefined} />, { wrapper });
    await ward.publish(1, 1);
    await ward.publish(2, 1);
    rerender(<Following id={1} />);
    await reached('1:1');
    rerender(<Following id={2} />);
    await reached('2:1');
    await ward.publish(1, 2);
    rerender(<Following id={undefined} />);
    await turn();
    rerender(<Following id={1} />);
    await reached('1:2');
    expect(given).toEqual(['1:1', '2:1', '1:2']);
  });

  it('is told of gaps, by the function of the last render', async () => {
    await using ward = await Ward.open({ retention: { publications: 1 } });
    const { client, wrapper } = ward.provider();
    const given: unknown[] = [];
    function Told({ name }: { name: string }) {
      useUpdates(1, 'feedback_update', ({ feedback_id }) => void given.push(feedback_id), {
        onGap: ({ lastSeen }) => void given.push(`${name} lost what follows ${lastSeen.offset}`),
      });
      return null;
    }
    const { rerender } = render(<Told name="one" />, { wrapper });
    await ward.publish(1, 1);
    await until(
      () => given.length === 1,
      () => given.join(),
    );
    rerender(<Told name="two" />);
    client.disconnect();
    await ward.publish(1, 2, 3);
    client.connect();
    await until(
      () => given.length === 3,
      () => given.join(),
    );
    expect(given).toEqual([1, 'two lost what follows 1', 3]);
  });
});

describe('in StrictMode', () => {
  it('subscribes once, and is given each publication once, also those that come as it mounts', async () => {
    await using ward = await Ward.open();
    const { wrapper, client, commands } = ward.provider();
    const early: unknown[] = [];
    // Someone else is live already, so that publications arrive while the component mounts.
    client.subscribe(1, { onGap: 'ignore' }).on('feedback_update', ({ feedback_id }) => {
      early.push(feedback_id);
    });
    const publishing = ward.publish(1, ...range(1, 100));
    await until(
      () => early.length > 10,
      () => `${early.length} early`,
    );
    const kept = keeping();
    render(<kept.Keeping />, { wrapper: inStrictMode(wrapper) });
    await publishing;
    await kept.reached(100);
    expect(kept.ids).toEqual(range(Number(kept.ids[0]), 100));
    expect(commands.filter((one) => one.includes('subscribe'))).toEqual(['subscribe 1']);
  });

  it('neither loses nor repeats what its handler was at work on when effects run again', async () => {
    await using ward = await Ward.open();
    const { wrapper } = ward.provider();
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let started = 0;
    const kept: number[] = [];
    function Keeping({ type }: { type: 'feedback_update' | 'effectiveness_update' }) {
      useUpdates(
        1,
        type,
        async (_, { offset }) => {
          started++;
          await finished;
          kept.push(offset);
        },
        { onGap: 'ignore' },
      );
      return null;
    }
    const { rerender } = render(<Keeping type="feedback_update" />, { wrapper: inStrictMode(wrapper) });
    await ward.publish(1, 1, 2, 3);
    await until(
      () => started === 1,
      () => `${started} started`,
    );
    // Within one task: the effect is taken back, and run again.
    rerender(<Keeping type="effectiveness_update" />);
    rerender(<Keeping type="feedback_update" />);
    finish();
    await until(
      () => kept.length === 3,
      () => kept.join(),
    );
    expect([kept, started]).toEqual([range(1, 3), 3]);
  });
});

describe('unmounting', () => {
  it('hands what was not handled yet to the next one, and nothing to the one that is gone', async () => {
    await using ward = await Ward.open();
    const { wrapper, client } = ward.provider();
    const one = keeping(() => new Promise((resolve) => setTimeout(resolve, 1)));
    const other = keeping();
    const { rerender } = render(<one.Keeping />, { wrapper });
    const publishing = ward.publish(1, ...range(1, 200));
    await until(
      () => one.ids.length > 5,
      () => one.ids.join(),
    );
    rerender(null);
    await turn();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const handled = [...one.ids];
    rerender(<other.Keeping />);
    await publishing;
    await other.reached(200);
    expect(one.ids).toEqual(handled);
    expect([...handled, ...other.ids]).toEqual(range(1, 200));
    expect(client.state.name).toBe('connected');
  });

  it('leaves a gap to the next one when the handler before it ends just then', async () => {
    await using ward = await Ward.open({ retention: { publications: 1 } });
    const late: number[] = [];
    // The handler and React meet in every order.
    for (const ticks of range(0, 15)) {
      const { client, wrapper } = ward.provider();
      let finish = () => {};
      const finished = new Promise<void>((resolve) => {
        finish = resolve;
      });
      let mounted = true;
      let started = false;
      function Told() {
        useUpdates(
          1,
          'feedback_update',
          async () => {
            started = true;
            await finished;
          },
          { after: 'latest', onGap: () => void (mounted || late.push(ticks)) },
        );
        return null;
      }
      // Another subscription, whose gap shows that the component's waits in line.
      let opened = false;
      const watcher = client.subscribe(1, {
        after: 'latest',
        onGap: () => {
          opened = true;
        },
      });
      watcher.on('publication', () => {});
      const { rerender } = render(<Told />, { wrapper });
      await until(
        () => watcher.state.name === 'live',
        () => watcher.state.name,
      );
      await ward.publish(1, 1);
      await until(
        () => started,
        () => 'no handler was called',
      );
      client.disconnect();
      await ward.publish(1, 2, 3);
      client.connect();
      await until(
        () => opened,
        () => 'no gap was told',
      );
      finish();
      for (let n = 0; n < ticks; n++) await null;
      rerender(null);
      mounted = false;
      await turn();
      client.close();
    }
    expect(late).toEqual([]);
  });

  it('closes the subscription when it is final', async () => {
    await using ward = await Ward.open();
    const { wrapper, client } = ward.provider();
    const kept = keeping();
    const { unmount } = render(<kept.Keeping />, { wrapper });
    await ward.publish(1, 1);
    await kept.reached(1);
    unmount();
    await until(
      () => client.state.name === 'disconnected',
      () => client.state.name,
    );
    await ward.publish(1, 2);
    expect(kept.ids).toEqual([1]);
    render(<kept.Keeping />, { wrapper });
    await kept.reached(2);
    expect(kept.ids).toEqual([1, 2]);
  });
});

import { render, screen } from '@testing-library/react';
import { until } from '@vitalwire/testing';
import * as React from 'react';
import { Suspense, startTransition, useLayoutEffect, useState } from 'react';
import { describe, expect, it } from 'vitest';
import { useDiagnosis, useUpdates } from '../src/index.ts';
import { range, turn, Ward } from './support/ward.tsx';

/** A promise that a test keeps, for a component that waits for it. */
function gate() {
  let open = () => {};
  let opened = false;
  const promise = new Promise<void>((resolve) => {
    open = () => {
      opened = true;
      resolve();
    };
  });
  return {
    open: () => open(),
    /** Suspends the component that calls it until the gate is open. */
    pass() {
      if (!opened) throw promise;
    },
  };
}

function useOffset() {
  return useDiagnosis(1, { onGap: 'ignore' }).latest.feedback_update?.offset ?? 0;
}

describe('a transition', () => {
  it('that takes long shows the same everywhere, whatever arrives meanwhile', async () => {
    await using ward = await Ward.open();
    const { wrapper } = ward.provider();
    const commits: string[] = [];
    let start = () => {};
    let slow = 0;
    function Cell() {
      const offset = useOffset();
      slow++;
      const end = performance.now() + 3;
      while (performance.now() < end);
      return <i>{offset}</i>;
    }
    function Page() {
      const [open, setOpen] = useState(false);
      const offset = useOffset();
      start = () => startTransition(() => setOpen(true));
      useLayoutEffect(() => {
        const shown = [...document.querySelectorAll('i, b')].map(({ textContent }) => textContent);
        commits.push([...new Set(shown)].join(' and '));
      });
      return (
        <main>
          <b>{offset}</b>
          {open && range(1, 60).map((n) => <Cell key={n} />)}
          {open && <u>open</u>}
        </main>
      );
    }
    render(<Page />, { wrapper });
    await ward.publish(1, 1);
    await screen.findByText('1');
    start();
    await until(
      () => slow > 5,
      () => `${slow} cells rendered`,
    );
    // React gave way in the middle of the transition.
    expect(document.querySelector('u')).toBe(null);
    await ward.publish(1, 2, 3);
    await screen.findByText('open');
    await until(
      () => document.querySelector('b')?.textContent === '3',
      () => commits.join(', '),
    );
    expect(commits.filter((commit) => commit.includes('and'))).toEqual([]);
    expect(commits.at(-1)).toBe('3');
  });
});

// React 18 has none.
if ('Activity' in React) {
  describe('an activity', () => {
    it('that is hidden for a while is given afterwards what came meanwhile', async () => {
      await using ward = await Ward.open();
      const { wrapper } = ward.provider();
      const { Activity } = React;
      const given: unknown[] = [];
      function Keeping() {
        useUpdates(1, 'feedback_update', ({ feedback_id }) => void given.push(feedback_id), {
          onGap: 'ignore',
        });
        return <p>{useOffset()}</p>;
      }
      const page = (mode: 'visible' | 'hidden') => (
        <Activity mode={mode}>
          <Keeping />
        </Activity>
      );
      const { rerender } = render(page('visible'), { wrapper });
      await ward.publish(1, 1);
      await screen.findByText('1');
      rerender(page('hidden'));
      await turn();
      await ward.publish(1, 2, 3);
      expect(given).toEqual([1]);
      rerender(page('visible'));
      await screen.findByText('3');
      expect(given).toEqual([1, 2, 3]);
    });
  });
}

describe('suspense', () => {
  it('of a sibling delays the subscription, and loses nothing', async () => {
    await using ward = await Ward.open();
    const { wrapper, commands } = ward.provider();
    const { open, pass } = gate();
    const given: unknown[] = [];
    function Keeping() {
      useUpdates(1, 'feedback_update', ({ feedback_id }) => void given.push(feedback_id), {
        onGap: 'ignore',
      });
      return <p>{useOffset()}</p>;
    }
    function Sibling() {
      pass();
      return null;
    }
    render(
      <Suspense fallback="waits">
        <Keeping />
        <Sibling />
      </Suspense>,
      { wrapper },
    );
    await screen.findByText('waits');
    await ward.publish(1, 1, 2);
    open();
    await screen.findByText('2');
    await ward.publish(1, 3);
    await screen.findByText('3');
    expect(given).toEqual([1, 2, 3]);
    expect(commands.filter((one) => one.includes('subscribe'))).toEqual(['subscribe 1']);
  });

  it('of a component that has subscribed keeps its subscription', async () => {
    await using ward = await Ward.open();
    const { wrapper, commands } = ward.provider();
    const { open, pass } = gate();
    const given: unknown[] = [];
    let suspend = () => {};
    function Keeping() {
      const [waits, setWaits] = useState(false);
      suspend = () => setWaits(true);
      useUpdates(1, 'feedback_update', ({ feedback_id }) => void given.push(feedback_id), {
        onGap: 'ignore',
      });
      const offset = useOffset();
      if (waits) pass();
      return <p>{offset}</p>;
    }
    render(
      <Suspense fallback="waits">
        <Keeping />
      </Suspense>,
      { wrapper },
    );
    await ward.publish(1, 1);
    await screen.findByText('1');
    suspend();
    await screen.findByText('waits');
    await ward.publish(1, 2, 3);
    await until(
      () => given.length === 3,
      () => given.join(),
    );
    open();
    await screen.findByText('3');
    await turn();
    expect(given).toEqual([1, 2, 3]);
    expect(commands.filter((one) => one.includes('subscribe'))).toEqual(['subscribe 1']);
  });

  it('that outlasts the first render leaves nothing behind', async () => {
    await using ward = await Ward.open();
    const { wrapper, client } = ward.provider();
    const { pass } = gate();
    function Waiting() {
      const offset = useOffset();
      useUpdates(1, 'feedback_update', () => {}, { onGap: 'ignore' });
      pass();
      return <p>{offset}</p>;
    }
    const { unmount } = render(
      <Suspense fallback="waits">
        <Waiting />
      </Suspense>,
      { wrapper },
    );
    await screen.findByText('waits');
    unmount();
    await turn();
    expect(client.state.name).toBe('disconnected');
  });
});

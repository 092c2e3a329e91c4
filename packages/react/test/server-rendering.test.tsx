import { screen } from '@testing-library/react';
import { StrictMode, Suspense } from 'react';
import { hydrateRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { useClient, useConnectionState, useDiagnosis, useUpdates, VitalwireProvider } from '../src/index.ts';
import { Ward } from './support/ward.tsx';

let renders = 0;

function Page() {
  renders++;
  const { latest, state, data } = useDiagnosis(1, { onGap: 'ignore' });
  const connection = useConnectionState(({ name }) => name);
  const client = useClient();
  useUpdates(1, 'feedback_update', () => {}, { onGap: 'ignore' });
  return (
    <p>
      {[
        connection,
        state.name,
        client ? 'client' : 'no client',
        latest.feedback_update?.offset,
        typeof data,
      ].join(' ')}
    </p>
  );
}

/** What a component shows that reads nothing which changes as it connects. */
function Quiet() {
  renders++;
  const { latest } = useDiagnosis(1, { onGap: 'ignore' });
  return <b>{latest.feedback_update?.offset ?? 'nothing'}</b>;
}

describe('on a server', () => {
  it('renders without a window, a connection or a client', () => {
    const { window, document, WebSocket } = globalThis;
    for (const name of ['window', 'document', 'WebSocket']) vi.stubGlobal(name, undefined);
    onTestFinished(() => {
      vi.unstubAllGlobals();
    });
    const getToken = vi.fn(() => 'token');
    // An address relative to the page, which a server does not have.
    const html = renderToString(
      <VitalwireProvider url="/ws" getToken={getToken}>
        <Page />
      </VitalwireProvider>,
    );
    expect(html).toBe('<p>disconnected disconnected no client  undefined</p>');
    expect(getToken).not.toHaveBeenCalled();
    expect([window, document, WebSocket].includes(undefined as never)).toBe(false);
  });

  it('is taken over by the browser without a mismatch, with one connection', async () => {
    await using ward = await Ward.open();
    const page = (
      <StrictMode>
        <VitalwireProvider {...ward.options()}>
          <Page />
          <Quiet />
        </VitalwireProvider>
      </StrictMode>
    );
    const container = document.createElement('div');
    document.body.append(container);
    container.innerHTML = renderToString(page);
    const shown = container.querySelector('p');
    const mismatches: unknown[] = [];
    const root = hydrateRoot(container, page, { onRecoverableError: (error) => mismatches.push(error) });
    onTestFinished(() => root.unmount());
    await screen.findByText('connected live client undefined', {
      normalizer: (text) => text.replace('  ', ' '),
    });
    await ward.publish(1, 1);
    await screen.findByText('connected live client 1 undefined');
    expect(container.querySelector('p')).toBe(shown);
    expect(mismatches).toEqual([]);
    expect(ward.network.attempts).toBe(1);
  });

  it('is taken over in parts as it was rendered, also where more is known meanwhile', async () => {
    await using ward = await Ward.open();
    const { wrapper: Wrapper } = ward.provider();
    let open = () => {};
    let waits: Promise<void> | undefined;
    function Late() {
      if (waits !== undefined) throw waits;
      return <Quiet />;
    }
    const page = (
      <Wrapper>
        <Page />
        <Suspense fallback="waits">
          <Late />
        </Suspense>
      </Wrapper>
    );
    const container = document.createElement('div');
    document.body.append(container);
    container.innerHTML = renderToString(page);
    const shown = container.querySelector('b');
    waits = new Promise((resolve) => {
      open = () => {
        waits = undefined;
        resolve();
      };
    });
    const mismatches: unknown[] = [];
    const root = hydrateRoot(container, page, { onRecoverableError: (error) => mismatches.push(error) });
    onTestFinished(() => root.unmount());
    await ward.publish(1, 1);
    await screen.findByText('connected live client 1 undefined');
    expect(shown?.textContent).toBe('nothing');
    open();
    await screen.findByText('1');
    expect(container.querySelector('b')).toBe(shown);
    expect(mismatches).toEqual([]);
  });

  it('gives a component nothing to render again for, when it is taken over', async () => {
    await using ward = await Ward.open();
    const { wrapper: Wrapper, client } = ward.provider();
    const page = (
      <Wrapper>
        <Quiet />
      </Wrapper>
    );
    const container = document.createElement('div');
    document.body.append(container);
    container.innerHTML = renderToString(page);
    renders = 0;
    const root = hydrateRoot(container, page);
    onTestFinished(() => root.unmount());
    await ward.connected(1);
    await vi.waitUntil(() => client.state.name === 'connected');
    await ward.publish(1, 1);
    await screen.findByText('1');
    expect(renders).toBe(2);
  });
});

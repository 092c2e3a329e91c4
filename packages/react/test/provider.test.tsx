import { render, screen } from '@testing-library/react';
import { createClient } from '@vitalwire/client';
import { tokenOf, until } from '@vitalwire/testing';
import { StrictMode, useState } from 'react';
import { describe, expect, it, vi } from 'vitest';
import { useClient, useConnectionState, useDiagnosis, useUpdates, VitalwireProvider } from '../src/index.ts';
import { Boundary } from './support/boundary.tsx';
import { Ward } from './support/ward.tsx';

function Connection() {
  return <p>{useConnectionState().name}</p>;
}

function Offset({ id }: { id: number }) {
  const { latest, state } = useDiagnosis(id, { onGap: 'ignore' });
  return (
    <p>
      {id} {state.name} {latest.feedback_update?.offset ?? 'nothing'}
    </p>
  );
}

describe('a provider with options', () => {
  it('connects once, also in StrictMode, and closes its client when it is unmounted', async () => {
    await using ward = await Ward.open();
    const { unmount } = render(
      <StrictMode>
        <VitalwireProvider {...ward.options()}>
          <Offset id={1} />
          <Connection />
        </VitalwireProvider>
      </StrictMode>,
    );
    await screen.findByText('1 live nothing');
    await ward.publish(1, 1);
    await screen.findByText('1 live 1');
    expect(ward.network.attempts).toBe(1);
    unmount();
    await ward.connected(0);
    expect(ward.network.attempts).toBe(1);
    expect(ward.errors).toEqual([]);
  });

  it('connects without a component that subscribes', async () => {
    await using ward = await Ward.open();
    render(
      <VitalwireProvider {...ward.options()}>
        <Connection />
      </VitalwireProvider>,
    );
    await screen.findByText('connected');
  });

  it('connects anew when it is mounted anew', async () => {
    await using ward = await Ward.open();
    const page = (
      <VitalwireProvider {...ward.options()}>
        <Offset id={1} />
      </VitalwireProvider>
    );
    render(page).unmount();
    await ward.connected(0);
    render(page);
    await ward.publish(1, 1);
    await screen.findByText('1 live 1');
  });

  it('calls the functions of the last render', async () => {
    await using ward = await Ward.open({ retention: { publications: 1 } });
    const calls: string[] = [];
    const page = (name: string) => (
      <VitalwireProvider
        {...ward.options()}
        getToken={() => {
          calls.push(`token ${name}`);
          return tokenOf({ diagnoses: [1] });
        }}
        onGap={() => calls.push(`gap ${name}`)}
      >
        <Handling />
      </VitalwireProvider>
    );
    function Handling() {
      // A page that registers its client need not say `as never`.
      const { state, latest } = useDiagnosis(1, {} as never);
      return (
        <p>
          {state.name} {latest.feedback_update?.offset ?? 'nothing'}
        </p>
      );
    }
    const { rerender } = render(page('first'));
    await screen.findByText('live nothing');
    rerender(page('second'));
    ward.network.cut();
    await screen.findByText('waiting nothing');
    await ward.publish(1, 1, 2, 3);
    ward.network.restore();
    await screen.findByText('live 3');
    expect([calls[0], calls.at(-1)]).toEqual(['token first', 'gap second']);
    expect(calls).toContain('token second');
    expect(calls).not.toContain('gap first');
  });

  it('makes another client for another url, and shows nothing of the one before', async () => {
    await using one = await Ward.open();
    await using other = await Ward.open();
    const page = (ward: Ward) => (
      <VitalwireProvider {...ward.options()}>
        <Offset id={1} />
      </VitalwireProvider>
    );
    const { rerender, container } = render(page(one));
    await one.publish(1, 1);
    await screen.findByText('1 live 1');
    rerender(page(other));
    expect(container.textContent).toBe('1 connecting nothing');
    await screen.findByText('1 live nothing');
    await one.connected(0);
    await other.publish(1, 1, 2);
    await screen.findByText('1 live 2');
  });

  it('throws what the client says of a wrong option, where a boundary can catch it', async () => {
    render(
      <Boundary>
        <VitalwireProvider url="nowhere:" getToken={() => 'token'} />
      </Boundary>,
    );
    await screen.findByText(/^caught invalid_option: options.url/);
  });
});

describe('a provider with a client', () => {
  it('leaves opening and closing it to its owner', async () => {
    await using ward = await Ward.open();
    const { client, wrapper } = ward.provider();
    render(<Connection />, { wrapper }).unmount();
    expect(client.state.name).toBe('disconnected');
    const { unmount } = render(<Offset id={1} />, { wrapper });
    await screen.findByText('1 live nothing');
    unmount();
    await until(
      () => client.state.name === 'disconnected',
      () => client.state.name,
    );
    client.connect();
    await ward.connected(1);
  });

  it('lets another client take over', async () => {
    await using one = await Ward.open();
    await using other = await Ward.open();
    const { client, commands } = one.client();
    const page = (given: typeof client) => (
      <VitalwireProvider client={given}>
        <Offset id={1} />
      </VitalwireProvider>
    );
    const { rerender, container } = render(page(client));
    await one.publish(1, 1);
    await screen.findByText('1 live 1');
    rerender(page(other.client().client));
    expect(container.textContent).toBe('1 connecting nothing');
    await screen.findByText('1 live nothing');
    await one.publish(1, 2);
    await other.publish(1, 1, 2, 3);
    await screen.findByText('1 live 3');
    await until(
      () => commands.includes('unsubscribe 1'),
      () => commands.join(),
    );
  });

  it('shows that it is closed', async () => {
    await using ward = await Ward.open();
    const { client, wrapper } = ward.provider();
    client.close();
    render(<Offset id={1} />, { wrapper });
    render(<Connection />, { wrapper });
    await screen.findByText('1 stopped nothing');
    await screen.findByText('closed');
  });
});

describe('without a provider', () => {
  it.each([
    ['useDiagnosis', () => useDiagnosis(1, { onGap: 'ignore' })],
    ['useUpdates', () => useUpdates(1, 'feedback_update', () => {}, { onGap: 'ignore' })],
    ['useConnectionState', () => useConnectionState()],
    ['useClient', () => useClient()],
  ])('%s says what is missing', (name, useIt) => {
    const Component = () => void useIt();
    render(
      <Boundary>
        <Component />
      </Boundary>,
    );
    expect(screen.getByText(`caught no_provider: ${name} needs a VitalwireProvider above it`)).toBeTruthy();
  });
});

describe('useClient', () => {
  it('gives the client of the provider as soon as there is one', async () => {
    await using ward = await Ward.open();
    const seen = vi.fn();
    function Tools() {
      const client = useClient();
      seen(client?.state.name);
      return (
        <button type="button" onClick={() => client?.disconnect()}>
          {client ? 'hold' : 'wait'}
        </button>
      );
    }
    render(
      <VitalwireProvider {...ward.options()}>
        <Tools />
        <Connection />
      </VitalwireProvider>,
    );
    await screen.findByText('connected');
    screen.getByText('hold').click();
    await screen.findByText('disconnected');
    expect(seen.mock.calls[0]).toEqual([undefined]);
  });

  it('gives the client of the caller from the beginning', async () => {
    const client = createClient({ url: 'ws://localhost/ws', getToken: () => 'token' });
    let given: unknown;
    function Tools() {
      [given] = useState(useClient());
      return null;
    }
    render(
      <VitalwireProvider client={client}>
        <Tools />
      </VitalwireProvider>,
    );
    expect(given).toBe(client);
  });
});

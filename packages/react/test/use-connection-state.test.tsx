import { render, screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { useConnectionState } from '../src/index.ts';
import { Ward } from './support/ward.tsx';

describe('useConnectionState', () => {
  it('follows the connection', async () => {
    await using ward = await Ward.open();
    const { client, wrapper } = ward.provider();
    function Shown() {
      const state = useConnectionState();
      return <p>{state.name === 'waiting' ? `waiting after ${state.failures}` : state.name}</p>;
    }
    const { container } = render(<Shown />, { wrapper });
    expect(container.textContent).toBe('disconnected');
    client.connect();
    await screen.findByText('connected');
    ward.network.cut();
    await screen.findByText(/^waiting after [12]$/);
    ward.network.restore();
    await screen.findByText('connected');
    client.disconnect();
    await screen.findByText('disconnected');
  });

  it('renders only when the selected part changes', async () => {
    await using ward = await Ward.open();
    const { client, wrapper } = ward.provider();
    let renders = 0;
    function Online() {
      renders++;
      return <p>online: {String(useConnectionState(({ name }) => name === 'connected'))}</p>;
    }
    function Failures() {
      // An object of its own for each state.
      const { known } = useConnectionState(({ name }) => ({ known: name }));
      return <p>{known}</p>;
    }
    render([<Online key="online" />, <Failures key="failures" />], { wrapper });
    client.connect();
    await screen.findByText('online: true');
    ward.network.cut();
    await screen.findByText('online: false');
    ward.network.restore();
    await screen.findByText('online: true');
    client.close();
    await screen.findByText('closed');
    await screen.findByText('online: false');
    expect(renders).toBe(5);
  });
});

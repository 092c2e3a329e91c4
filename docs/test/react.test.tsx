import { createClient } from '@vitalwire/client';
import { VitalwireProvider } from '@vitalwire/react';
import { Window } from 'happy-dom';
import type { ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Offline } from '../recipes/react-connection.tsx';
import { TreatmentCard } from '../recipes/react-snapshot.tsx';
import { App, Effectiveness } from '../recipes/react-start.tsx';
import { Ratings } from '../recipes/react-updates.tsx';
import { tokenOf } from './support/tokens.ts';
import { Vitalwire } from './support/vitalwire.ts';

// All that React looks for; the rest stays Node's.
const window = new Window();
Object.assign(globalThis, { window, document: window.document });

/** A page that shows an example, connected to a server of the test. */
function show(vitalwire: Vitalwire, example: ReactNode) {
  const client = createClient({ url: `${vitalwire.url}/ws`, getToken: () => tokenOf('7', [123]) });
  const root = createRoot(document.body);
  root.render(<VitalwireProvider client={client}>{example}</VitalwireProvider>);
  onTestFinished(() => {
    root.unmount();
    client.close();
  });
  return {
    client,
    shows: (text: string) => vi.waitFor(() => expect(document.body.textContent).toContain(text), 5_000),
    click: () => document.querySelector('button')?.click(),
  };
}

describe('react-start.tsx', () => {
  it('renders on a server', () => {
    expect(renderToString(<App />)).toBe('<section><h2>Nothing new</h2><p>disconnected</p></section>');
  });

  it('shows the latest, and a gap until it is acknowledged', async () => {
    await using vitalwire = await Vitalwire.start({ publications: 1 });
    const { client, shows, click } = show(vitalwire, <Effectiveness id={123} />);
    await vitalwire.measure(70);
    await shows('70 % effective');
    await shows('live');
    client.disconnect();
    for (const hundredths of [71, 72, 73]) await vitalwire.measure(hundredths);
    client.connect();
    await shows('gone for good');
    await shows('73 % effective');
    click();
    await vi.waitFor(() => expect(document.querySelector('button')).toBe(null));
  });
});

describe('react-snapshot.tsx', () => {
  it('shows what the backend knows, and what is published on top', async () => {
    await using vitalwire = await Vitalwire.start();
    const rate = (rating: number) =>
      vitalwire.server.broadcast.feedbackUpdate(123, { feedback_id: rating, rating, effectiveness: 0.5 });
    const { epoch, offset } = await rate(2);
    const snapshot = { state: { herb: 'Chamomile', ratings: [2] }, position: { epoch, offset } };
    const backend = vi.spyOn(globalThis, 'fetch').mockImplementation(async () => Response.json(snapshot));
    onTestFinished(() => backend.mockRestore());
    const { shows } = show(vitalwire, <TreatmentCard id={123} />);
    await shows('Chamomile, rated 2');
    await rate(5);
    await shows('Chamomile, rated 2, 5');
  });
});

describe('react-updates.tsx', () => {
  it('tells of each rating once, and of none from before', async () => {
    await using vitalwire = await Vitalwire.start();
    const rate = (rating: number) =>
      vitalwire.server.broadcast.feedbackUpdate(123, { feedback_id: rating, rating, effectiveness: 0.5 });
    await rate(1);
    const ratings: number[] = [];
    const { client } = show(vitalwire, [
      <Ratings key="ratings" id={123} onRating={(rating) => void ratings.push(rating)} />,
      <Effectiveness key="effectiveness" id={123} />,
    ]);
    await vi.waitFor(() => expect(document.body.textContent).toContain('live'));
    expect(client.state.name).toBe('connected');
    await rate(4);
    await rate(5);
    await vi.waitFor(() => expect(ratings).toEqual([4, 5]));
  });
});

describe('react-connection.tsx', () => {
  it('tells when the connection is away, and tries at once', async () => {
    await using vitalwire = await Vitalwire.start();
    const { shows, click } = show(vitalwire, <Offline />);
    await shows('Not connected');
    click();
    await vi.waitFor(() => expect(document.body.textContent).toBe(''));
  });
});

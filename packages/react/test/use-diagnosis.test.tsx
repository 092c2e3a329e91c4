import { render, screen } from '@testing-library/react';
import { until } from '@vitalwire/testing';
import { Fragment, memo, StrictMode, useState } from 'react';
import { describe, expect, it } from 'vitest';
import { type DiagnosisView, useDiagnosis } from '../src/index.ts';
import { Boundary } from './support/boundary.tsx';
import { range, turn, Ward } from './support/ward.tsx';

/** A component that shows something of diagnosis 1, and counts how often it renders. */
function showing(name: string, show: (diagnosis: DiagnosisView<undefined>) => unknown) {
  const counted = { renders: 0 };
  const Shown = memo(() => {
    counted.renders++;
    return (
      <p>
        {name}: {String(show(useDiagnosis(1, { onGap: 'ignore' })))}
      </p>
    );
  });
  return Object.assign(counted, { Shown });
}

const offsetOf = ({ latest }: DiagnosisView<undefined>) => latest.feedback_update?.offset;

describe('a component', () => {
  it('renders for nothing that it does not read', async () => {
    await using ward = await Ward.open();
    const { wrapper } = ward.provider();
    const shown = {
      state: showing('state', ({ state }) => state.name),
      feedback: showing('feedback', offsetOf),
      measured: showing('measured', ({ latest }) => latest.effectiveness_update?.data.new_effectiveness),
      gap: showing('gap', ({ gap }) => gap?.reason),
      nothing: showing('nothing', () => 'nothing'),
      types: showing('types', ({ latest }) => Object.keys(latest).join('+')),
      all: showing('all', (diagnosis) => Object.keys({ ...diagnosis }).length),
    };
    render(
      Object.entries(shown).map(([name, { Shown }]) => <Shown key={name} />),
      { wrapper },
    );
    await screen.findByText('state: live');
    const before = Object.values(shown).map(({ renders }) => renders);
    // One render for `disconnected`, one for each further state.
    expect(before.slice(1, 5)).toEqual([1, 1, 1, 1]);
    await ward.publish(1, 1);
    await screen.findByText('feedback: 1');
    await ward.publish(1, 2);
    await screen.findByText('feedback: 2');
    await ward.measure(1, 40);
    await screen.findByText('measured: 0.4');
    await screen.findByText('types: feedback_update+effectiveness_update');
    const more = Object.values(shown).map(({ renders }, index) => renders - (before[index] ?? 0));
    expect(more).toEqual([0, 2, 1, 0, 0, 3, 3]);
  });

  it('sees what is new in something that it reads later', async () => {
    await using ward = await Ward.open();
    const { wrapper } = ward.provider();
    function Late() {
      const [open, setOpen] = useState(false);
      const { latest, state } = useDiagnosis(1, { onGap: 'ignore' });
      return (
        <button type="button" onClick={() => setOpen(true)}>
          {state.name} {open ? latest.feedback_update?.offset : 'folded'}
        </button>
      );
    }
    const feedback = showing('feedback', offsetOf);
    render([<Late key="late" />, <feedback.Shown key="feedback" />], { wrapper });
    await screen.findByText('live folded');
    await ward.publish(1, 1, 2);
    await screen.findByText('feedback: 2');
    screen.getByText('live folded').click();
    await screen.findByText('live 2');
    await ward.publish(1, 3);
    await screen.findByText('live 3');
  });

  it('sees what others saw before it was there', async () => {
    await using ward = await Ward.open();
    const { wrapper, commands } = ward.provider();
    const early = showing('early', offsetOf);
    const late = showing('late', offsetOf);
    const { rerender } = render(<early.Shown />, { wrapper });
    await ward.publish(1, 1);
    await screen.findByText('early: 1');
    rerender([<early.Shown key="early" />, <late.Shown key="late" />]);
    await screen.findByText('late: 1');
    expect(commands.filter((one) => one === 'subscribe 1')).toHaveLength(1);
  });

  it('does not render a thousand times for a thousand that it missed', async () => {
    await using ward = await Ward.open();
    await ward.publish(1, ...range(1, 1_000));
    const { wrapper } = ward.provider();
    const shown = showing('feedback', offsetOf);
    render(<shown.Shown />, { wrapper });
    await screen.findByText('feedback: 1000', {}, { timeout: 10_000 });
    expect(shown.renders).toBeLessThan(200);
  });

  it('goes on as if nothing had happened when it is replaced by another', async () => {
    await using ward = await Ward.open();
    const { wrapper, commands } = ward.provider();
    const one = showing('one', offsetOf);
    const other = showing('other', offsetOf);
    const { rerender, container } = render(<one.Shown />, { wrapper });
    await ward.publish(1, 1);
    await screen.findByText('one: 1');
    rerender(<other.Shown key="other" />);
    await until(
      () => container.textContent === 'other: 1',
      () => String(container.textContent),
    );
    await ward.publish(1, 2);
    await screen.findByText('other: 2');
    expect(commands.filter((command) => command.includes('subscribe'))).toEqual(['subscribe 1']);
  });

  it('is unmounted while publications arrive, and mounted again, without a word', async () => {
    await using ward = await Ward.open();
    const { wrapper, client } = ward.provider();
    const shown = showing('feedback', offsetOf);
    const { rerender } = render(<shown.Shown />, { wrapper });
    const publishing = ward.publish(1, ...range(1, 300));
    await screen.findByText(/feedback: [1-9]/);
    for (const page of [null, <shown.Shown key="again" />, null]) {
      rerender(page);
      await turn();
    }
    rerender(<shown.Shown key="at last" />);
    await publishing;
    await screen.findByText('feedback: 300');
    expect(client.state.name).toBe('connected');
    expect(ward.errors).toEqual([]);
  });
});

describe('an id', () => {
  function Shown({ id }: { id: number | null | undefined }) {
    const { latest, state, position } = useDiagnosis(id, { onGap: 'ignore' });
    return (
      <p>
        {id} {state.name} {latest.feedback_update?.diagnosis_id ?? 'nothing'} {position?.offset ?? '-'}
      </p>
    );
  }

  it('that is missing subscribes to nothing', async () => {
    await using ward = await Ward.open();
    const { wrapper, client } = ward.provider();
    const { container, rerender } = render([<Shown key="1" id={null} />, <Shown key="2" id={undefined} />], {
      wrapper,
    });
    expect(container.textContent).toBe(' disconnected nothing - disconnected nothing -');
    expect(client.state.name).toBe('disconnected');
    rerender(<Shown id={1} />);
    await ward.publish(1, 1);
    await screen.findByText('1 live 1 1');
    rerender(<Shown id={null} />);
    expect(container.textContent).toBe(' disconnected nothing -');
  });

  it.each([
    ['', Fragment],
    [', in StrictMode', StrictMode],
  ])('that changes never shows what belongs to the other%s', async (_, Mode) => {
    await using ward = await Ward.open();
    const { wrapper: Wrapper } = ward.provider();
    const texts = new Set<string>();
    function Watched({ id }: { id: number }) {
      const { latest } = useDiagnosis(id, { onGap: 'ignore' });
      const known = latest.feedback_update?.diagnosis_id;
      texts.add(`${id} shows ${known}`);
      return <Shown id={id} />;
    }
    const page = (id: number) => (
      <Mode>
        <Wrapper>
          <Watched id={id} />
        </Wrapper>
      </Mode>
    );
    const { rerender } = render(page(1));
    await ward.publish(1, 1);
    await screen.findByText('1 live 1 1');
    await ward.publish(2, 1, 2);
    rerender(page(2));
    await screen.findByText('2 live 2 2');
    rerender(page(1));
    await ward.publish(1, 2);
    await screen.findByText('1 live 1 2');
    expect([...texts].sort()).toEqual(['1 shows 1', '1 shows undefined', '2 shows 2', '2 shows undefined']);
  });

  it('that is none is an error for a boundary', async () => {
    await using ward = await Ward.open();
    const { wrapper } = ward.provider();
    render(
      <Boundary>
        <Shown id={0} />
      </Boundary>,
      { wrapper },
    );
    await screen.findByText(/^caught invalid_option: diagnosisId/);
  });
});

describe('the state', () => {
  it('says why the server refused, as an error to throw', async () => {
    await using ward = await Ward.open();
    const { wrapper } = ward.provider();
    function Refused() {
      const { error, state } = useDiagnosis(3, { onGap: 'ignore' });
      if (error) throw error;
      return <p>{state.name}</p>;
    }
    render(
      <Boundary>
        <Refused />
      </Boundary>,
      { wrapper },
    );
    await screen.findByText('caught access_denied: diagnosis 3: access_denied');
  });

  it('stays the error until the connection is tried anew', async () => {
    await using ward = await Ward.open();
    let token = Promise.resolve('no token');
    const { client, wrapper } = ward.provider({ getToken: () => token });
    const error = showing('error', (diagnosis) => `${diagnosis.error?.code}, ${diagnosis.state.name}`);
    render(<error.Shown />, { wrapper });
    await screen.findByText('error: invalid_token, stopped');
    token = Promise.resolve(ward.options().getToken({ signal: new AbortController().signal }));
    client.connect();
    await screen.findByText('error: undefined, live');
  });

  it('keeps the continuity while the connection is lost', async () => {
    await using ward = await Ward.open();
    const { client, wrapper } = ward.provider();
    const shown = showing(
      'continuity',
      ({ state, continuity }) => `${state.name} ${continuity?.status} ${continuity?.count}`,
    );
    const feedback = showing('feedback', offsetOf);
    render([<shown.Shown key="shown" />, <feedback.Shown key="feedback" />], { wrapper });
    await screen.findByText('continuity: live live 0');
    await ward.publish(1, 1);
    await screen.findByText('feedback: 1');
    client.disconnect();
    await screen.findByText('continuity: disconnected live 0');
    await ward.publish(1, 2, 3);
    client.connect();
    await screen.findByText('continuity: live recovered 2');
    await screen.findByText('feedback: 3');
  });

  it('must have been told what happens at a gap', async () => {
    await using ward = await Ward.open();
    const { wrapper, client } = ward.provider();
    function Careless() {
      return <p>{useDiagnosis(1, {} as never).state.name}</p>;
    }
    render(
      <Boundary>
        <Careless />
      </Boundary>,
      { wrapper },
    );
    await screen.findByText(/^caught invalid_option: options.onGap/);
    await turn();
    expect(client.state.name).not.toBe('connected');
  });
});

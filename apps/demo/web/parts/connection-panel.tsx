import type { ConnectionState } from '@vitalwire/client';
import { formatPosition } from '@vitalwire/protocol';
import { useClient, useConnectionState } from '@vitalwire/react';
import { useClinicDiagnosis } from '../live/use-clinic-diagnosis.ts';
import { arrivalsOf, type Visit } from '../live/visit.ts';
import { nameOfConnection, nameOfSubscription } from '../words.ts';
import { Arrivals } from './arrivals.tsx';
import { Countdown } from './countdown.tsx';
import { Devtools } from './devtools.tsx';
import { Gaps } from './gaps.tsx';
import { SimulateForm } from './simulate-form.tsx';
import { Stem } from './stem.tsx';

interface ConnectionPanelProps {
  /** The diagnoses that are subscribed to, and those of them that may be seen. */
  readonly followed: readonly number[];
  readonly own: readonly number[];
  readonly visit: Visit;
  readonly tokens: number;
}

/** Shows how live the page is, and lets the visitor break the connection and mend it. */
export function ConnectionPanel({ followed, own, visit, tokens }: ConnectionPanelProps) {
  const connection = useConnectionState();
  return (
    <aside className="panel" id="connection" aria-label="Live connection">
      <div className={`panel-state ${connection.name}`}>
        <p className="eyebrow">Live connection</p>
        <p className="state-line" role="status">
          <span className="state-dot" aria-hidden="true" />
          <b data-testid="connection-state" data-state={connection.name}>
            {nameOfConnection(connection, Object.values(visit.subscriptions))}
          </b>
        </p>
        <p className="hint">
          {connection.name === 'waiting' ? <Countdown until={connection.retryAt} /> : hintFor(connection)}
        </p>
        <ConnectionButtons />
        {own.length > 0 && <SimulateForm diagnosisIds={own} />}
      </div>

      <ul className="topics">
        {followed.map((id) => (
          <TopicRow key={id} diagnosisId={id} visit={visit} />
        ))}
      </ul>
      <Gaps visit={visit} />

      <section className="panel-arrivals" aria-label="Arrived messages">
        <p className="arrivals-head">
          <span className="count-recovered">
            <b data-testid="recovered-count">{visit.recovered}</b> recovered
          </span>
          <span>
            <b data-testid="token-count">{tokens}</b> {tokens === 1 ? 'token' : 'tokens'} used
          </span>
        </p>
        <Arrivals visit={visit} />
      </section>
      <Devtools />
    </aside>
  );
}

function ConnectionButtons() {
  const client = useClient();
  const name = useConnectionState((connection) => connection.name);
  const away = ['disconnected', 'waiting', 'stopped'].includes(name);
  return (
    <div className="button-row thirds">
      <button
        type="button"
        data-testid="button-cut"
        aria-disabled={name !== 'connected'}
        onClick={() => name === 'connected' && client?.reconnect()}
      >
        Cut
      </button>
      <button
        type="button"
        data-testid="button-hold"
        aria-disabled={name === 'disconnected'}
        onClick={() => client?.disconnect()}
      >
        Hold
      </button>
      <button
        type="button"
        className={away ? 'primary' : ''}
        data-testid="button-restore"
        aria-disabled={!away}
        onClick={() => away && client?.connect()}
      >
        Restore
      </button>
    </div>
  );
}

function TopicRow({ diagnosisId, visit }: { diagnosisId: number; visit: Visit }) {
  const { state, position } = useClinicDiagnosis(diagnosisId);
  const arrivals = arrivalsOf(visit, diagnosisId);
  const gaps = visit.gaps.filter((gap) => gap.diagnosisId === diagnosisId);
  const recovered = arrivals.filter((one) => one.recovered).length;
  return (
    <li>
      <p className="topic-line">
        <b>No. {diagnosisId}</b>
        <span className="hint">{'continuity' in state && outcomeOf(recovered, gaps.length)}</span>
        <span data-testid={`subscription-${diagnosisId}`} data-state={state.name}>
          {nameOfSubscription(state)}
        </span>
      </p>
      <Stem arrivals={arrivals} gaps={gaps} position={position} />
      <p className="topic-place">
        Position{' '}
        <code data-testid={`position-${diagnosisId}`} data-offset={position?.offset}>
          {position ? formatPosition(position) : 'not known'}
        </code>
      </p>
    </li>
  );
}

/** What became of the messages that were published while the page was away. */
function outcomeOf(recovered: number, gaps: number): string {
  if (gaps > 0) return 'some are gone';
  return recovered === 0 ? 'nothing missed' : `${recovered} missed, all recovered`;
}

function hintFor({ name }: ConnectionState): string {
  switch (name) {
    case 'connected':
      return 'Cut it, or hold it and let something happen.';
    case 'disconnected':
      return 'Messages wait on the server until you restore it.';
    case 'stopped':
      return 'The server refused. The page does not try again.';
    default:
      return 'One moment.';
  }
}

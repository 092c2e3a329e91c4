import type { Client, ConnectionState } from '@vitalwire/client';
import { formatPosition } from '@vitalwire/protocol';
import type { LiveView, TopicView } from '../live/live-feed.ts';
import { nameOfConnection, nameOfSubscription } from '../words.ts';
import { Arrivals } from './arrivals.tsx';
import { Countdown } from './countdown.tsx';
import { Devtools } from './devtools.tsx';
import { Gaps } from './gaps.tsx';
import { SimulateForm } from './simulate-form.tsx';
import { Stem } from './stem.tsx';

interface ConnectionPanelProps {
  readonly live: LiveView;
  readonly client: Client | undefined;
  readonly onSimulate: (diagnosisId: number) => Promise<void>;
}

/** Shows how live the page is, and lets the visitor break the connection and mend it. */
export function ConnectionPanel({ live, client, onSimulate }: ConnectionPanelProps) {
  const { connection, topics, tokens } = live;
  const subscriptions = topics.map(({ state }) => state);
  const known = topics.filter(({ diagnosis }) => diagnosis !== undefined);
  const recovered = topics.reduce((sum, topic) => sum + topic.recovered, 0);
  return (
    <aside className="panel" id="connection" aria-label="Live connection">
      <div className={`panel-state ${connection.name}`}>
        <p className="eyebrow">Live connection</p>
        <p className="state-line" role="status">
          <span className="state-dot" aria-hidden="true" />
          <b data-testid="connection-state" data-state={connection.name}>
            {nameOfConnection(connection, subscriptions)}
          </b>
        </p>
        <p className="hint">
          {connection.name === 'waiting' ? <Countdown until={connection.retryAt} /> : hintFor(connection)}
        </p>
        <ConnectionButtons connection={connection} client={client} />
        {known.length > 0 && <SimulateForm topics={known} onSimulate={onSimulate} />}
      </div>

      <ul className="topics">
        {topics.map((topic) => (
          <TopicRow key={topic.diagnosisId} topic={topic} />
        ))}
      </ul>
      <Gaps topics={topics} />

      <section className="panel-arrivals" aria-label="Arrived messages">
        <p className="arrivals-head">
          <span className="count-recovered">
            <b data-testid="recovered-count">{recovered}</b> recovered
          </span>
          <span>
            <b data-testid="token-count">{tokens}</b> {tokens === 1 ? 'token' : 'tokens'} used
          </span>
        </p>
        <Arrivals topics={topics} />
      </section>
      <Devtools client={client} />
    </aside>
  );
}

function ConnectionButtons({
  connection,
  client,
}: {
  connection: ConnectionState;
  client: Client | undefined;
}) {
  const away = ['disconnected', 'waiting', 'stopped'].includes(connection.name);
  return (
    <div className="button-row thirds">
      <button
        type="button"
        data-testid="button-cut"
        aria-disabled={connection.name !== 'connected'}
        onClick={() => connection.name === 'connected' && client?.reconnect()}
      >
        Cut
      </button>
      <button
        type="button"
        data-testid="button-hold"
        aria-disabled={connection.name === 'disconnected'}
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

function TopicRow({ topic }: { topic: TopicView }) {
  const { diagnosisId, state, position } = topic;
  return (
    <li>
      <p className="topic-line">
        <b>No. {diagnosisId}</b>
        <span className="hint">{outcomeOf(topic)}</span>
        <span data-testid={`subscription-${diagnosisId}`} data-state={state.name}>
          {nameOfSubscription(state)}
        </span>
      </p>
      <Stem topic={topic} />
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
function outcomeOf({ state }: TopicView): string {
  if (state.name !== 'live' && state.name !== 'catching_up') return '';
  const { continuity } = state;
  const { count } = continuity;
  if (continuity.status === 'gap') return 'some are gone';
  if (continuity.status === 'live' && continuity.fresh)
    return count === 0 ? 'first visit' : `first visit, ${count} waited`;
  return count === 0 ? 'nothing missed' : `${count} missed, all recovered`;
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

import { useConnectionState } from '@vitalwire/react';
import type { Person } from '../../server/views.ts';
import type { Visit } from '../live/visit.ts';
import { useTheme } from '../theme.ts';
import { nameOfConnection } from '../words.ts';
import { LeafMark, MoonIcon, SunIcon } from './icons.tsx';

interface MastheadProps {
  readonly person?: Person;
  readonly visit?: Visit;
  readonly onLogOut?: () => void;
}

export function Masthead({ person, visit, onLogOut }: MastheadProps) {
  return (
    <header className="masthead">
      <p className="wordmark">
        <LeafMark />
        <span>
          Sorrel House <small>Clinic for herbal medicine</small>
        </span>
      </p>
      <div className="masthead-tools">
        {person && <p className="whoami">{person.name}</p>}
        {visit && <StatePill visit={visit} />}
        <ThemeToggle />
        {onLogOut && (
          <button type="button" className="quiet" data-testid="logout" onClick={onLogOut}>
            Log out
          </button>
        )}
      </div>
    </header>
  );
}

/** Where the connection panel is far below: its state, and the way to it. */
function StatePill({ visit }: { visit: Visit }) {
  const connection = useConnectionState();
  return (
    <button
      type="button"
      className={`quiet state-pill ${connection.name}`}
      onClick={() => document.getElementById('connection')?.scrollIntoView()}
    >
      <span className="state-dot" aria-hidden="true" />
      {nameOfConnection(connection, Object.values(visit.subscriptions))}
    </button>
  );
}

function ThemeToggle() {
  const [theme, choose] = useTheme();
  const other = theme === 'dark' ? 'light' : 'dark';
  return (
    <button
      type="button"
      className="quiet square"
      data-testid="theme-toggle"
      aria-label={`Use the ${other} theme`}
      onClick={() => choose(other)}
    >
      {theme === 'dark' ? <SunIcon /> : <MoonIcon />}
    </button>
  );
}

import { VitalwireProvider } from '@vitalwire/react';
import { useEffect, useMemo, useReducer, useState } from 'react';
import type { DiagnosisSummary } from '../server/views.ts';
import { createApi } from './api.ts';
import { ApiContext, useApi } from './live/api-context.ts';
import { Follow } from './live/follow.tsx';
import { advance, BEGINNING } from './live/visit.ts';
import { ClinicianPage } from './pages/clinician-page.tsx';
import { LoginPage } from './pages/login-page.tsx';
import { PatientPage } from './pages/patient-page.tsx';
import { Announcer } from './parts/announcer.tsx';
import { ConnectionPanel } from './parts/connection-panel.tsx';
import { Masthead } from './parts/masthead.tsx';
import { useRoute } from './route.ts';
import { loadSession, type Session, saveSession } from './session.ts';

export function App() {
  const [session, setSession] = useState(loadSession);
  const change = (next: Session | undefined) => {
    saveSession(next);
    setSession(next);
  };
  if (session === undefined) return <LoginPage onLogIn={change} />;
  return <LoggedIn key={session.session} session={session} onEnd={() => change(undefined)} />;
}

interface LoggedInProps {
  readonly session: Session;
  readonly onEnd: () => void;
}

/** One person's visit, from log-in to log-out, over one connection. */
function LoggedIn({ session, onEnd }: LoggedInProps) {
  // The function changes with each render, the session never does.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new api would load every diagnosis anew
  const api = useMemo(() => createApi(session.session, onEnd), [session]);
  const [tokens, setTokens] = useState(0);

  const getToken = async () => {
    const token = await api.token();
    setTokens((count) => count + 1);
    return token;
  };
  const logOut = () => {
    // Logged out here in any case; the session ends on the server as soon as it can be reached.
    api.logOut().catch(() => {});
    onEnd();
  };
  return (
    <ApiContext value={api}>
      {/* The page shows what was refused; the console keeps the rest. */}
      <VitalwireProvider url="/ws" getToken={getToken} onError={(error) => console.warn(error)}>
        <Desk session={session} tokens={tokens} onLogOut={logOut} />
      </VitalwireProvider>
    </ApiContext>
  );
}

interface DeskProps {
  readonly session: Session;
  /** How many tokens were fetched since the page was opened; more than one means refreshed. */
  readonly tokens: number;
  readonly onLogOut: () => void;
}

function Desk({ session: { person }, tokens, onLogOut }: DeskProps) {
  const [visit, tell] = useReducer(advance, BEGINNING);
  const listed = useListed();
  const route = useRoute();

  const clinician = person.role === 'clinician';
  const asked = route?.page === 'patient' ? route.diagnosisId : (listed?.[0]?.id ?? 101);
  const ids = listed?.map(({ id }) => id) ?? [];
  const followed = clinician || listed === undefined || ids.includes(asked) ? ids : [...ids, asked];
  return (
    <>
      {followed.map((id) => (
        <Follow key={id} diagnosisId={id} onEvent={tell} />
      ))}
      <Masthead person={person} visit={visit} onLogOut={onLogOut} />
      <div className="desk">
        {clinician ? (
          <ClinicianPage diagnosisIds={ids} visit={visit} />
        ) : (
          <PatientPage person={person} listed={listed} visit={visit} diagnosisId={asked} />
        )}
        <ConnectionPanel followed={followed} own={ids} visit={visit} tokens={tokens} />
      </div>
      <Announcer visit={visit} />
    </>
  );
}

const LIST_RETRY_MS = 1_500;

/** The diagnoses that this person may see; `undefined` until the clinic has told. */
function useListed(): readonly DiagnosisSummary[] | undefined {
  const api = useApi();
  const [listed, setListed] = useState<readonly DiagnosisSummary[]>();
  useEffect(() => {
    let away = false;
    let timer: ReturnType<typeof setTimeout>;
    const load = () => {
      api.diagnoses().then(
        (found) => !away && setListed(found),
        () => {
          timer = setTimeout(load, LIST_RETRY_MS);
        },
      );
    };
    load();
    return () => {
      away = true;
      clearTimeout(timer);
    };
  }, [api]);
  return listed;
}

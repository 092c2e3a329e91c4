import { useEffect, useMemo, useState } from 'react';
import type { DiagnosisSummary } from '../server/views.ts';
import { createApi } from './api.ts';
import { useVitalwire } from './live/use-vitalwire.ts';
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
  return <Visit key={session.session} session={session} onEnd={() => change(undefined)} />;
}

/** One person's visit, from log-in to log-out. */
function Visit({ session: { person, session }, onEnd }: { session: Session; onEnd: () => void }) {
  // The function changes with each render, the session never does.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new api would mean a new connection
  const api = useMemo(() => createApi(session, onEnd), [session]);
  const [listed, setListed] = useState<readonly DiagnosisSummary[]>();
  const route = useRoute();

  useEffect(() => {
    let away = false;
    let timer: ReturnType<typeof setTimeout>;
    const load = () => {
      api.diagnoses().then(
        (found) => !away && setListed(found),
        () => {
          timer = setTimeout(load, 1_500);
        },
      );
    };
    load();
    return () => {
      away = true;
      clearTimeout(timer);
    };
  }, [api]);

  const clinician = person.role === 'clinician';
  const asked = route?.page === 'patient' ? route.diagnosisId : (listed?.[0]?.id ?? 101);
  const ids = listed?.map(({ id }) => id) ?? [];
  const followed = clinician || listed === undefined || ids.includes(asked) ? ids : [...ids, asked];
  const live = useVitalwire(api, followed);

  const logOut = () => {
    // Logged out here in any case; the session ends on the server as soon as it can be reached.
    api.logOut().catch(() => {});
    onEnd();
  };
  return (
    <>
      <Masthead person={person} live={live} onLogOut={logOut} />
      <div className="desk">
        {clinician ? (
          <ClinicianPage api={api} topics={live.topics} />
        ) : (
          <PatientPage person={person} api={api} topics={live.topics} diagnosisId={asked} />
        )}
        <ConnectionPanel live={live} client={live.client} onSimulate={api.simulate} />
      </div>
      <Announcer topics={live.topics} />
    </>
  );
}

import { useEffect, useState } from 'react';
import type { Person } from '../../server/views.ts';
import { listPeople, logIn } from '../api.ts';
import { HerbDrawing } from '../herbarium/herb-drawing.tsx';
import { Masthead } from '../parts/masthead.tsx';
import type { Session } from '../session.ts';

const ROLES: Readonly<Record<Person['role'], string>> = {
  patient: 'Patient',
  clinician: 'Clinician',
  stranger: 'Nobody here',
};

export function LoginPage({ onLogIn }: { onLogIn: (session: Session) => void }) {
  const [people, setPeople] = useState<readonly Person[]>([]);
  const [failure, setFailure] = useState('');

  useEffect(() => {
    listPeople().then(setPeople, (error: Error) =>
      setFailure(`The clinic does not answer: ${error.message}`),
    );
  }, []);

  const enter = (id: string) => {
    logIn(id).then(
      ({ person, session }) => onLogIn({ person, session }),
      (error: Error) => setFailure(`Not logged in: ${error.message}`),
    );
  };
  return (
    <>
      <Masthead />
      <main className="login">
        <div className="login-intro">
          <h1>Who comes in?</h1>
          <p>
            Open this page in two windows and come in as two people. What one of them does, the other one sees
            at once, and nothing is lost while a connection is down.
          </p>
          <ul className="people">
            {people.map(({ id, name, role, about }) => (
              <li key={id}>
                <button type="button" className={role} data-testid={`login-${id}`} onClick={() => enter(id)}>
                  <span className="eyebrow">{ROLES[role]}</span>
                  <b>{name}</b>
                  <span>{about}</span>
                </button>
              </li>
            ))}
          </ul>
          <p role="alert" className="failure">
            {failure}
          </p>
        </div>
        <div className="login-plate" aria-hidden="true">
          <HerbDrawing herb="Valerian" />
          <HerbDrawing herb="Chamomile" />
          <HerbDrawing herb="Lavender" />
        </div>
      </main>
      <footer className="footer">
        <p>
          A demo of Vitalwire. No passwords, invented people, no medical advice.{' '}
          <a href="/docs">All endpoints</a>
        </p>
      </footer>
    </>
  );
}

import { byId } from './dom.js';

/**
 * The field for the token, which both tabs use. The token stays in this page and is kept nowhere.
 *
 * @param {(token: string) => void} changed
 * @returns {() => string} the token now
 */
export function createTokenField(changed) {
  const input = byId('token', HTMLInputElement);
  const reveal = byId('token-reveal', HTMLButtonElement);
  const says = byId('token-says', HTMLElement);
  const hint = [...says.childNodes];

  input.addEventListener('input', () => {
    describe();
    changed(input.value.trim());
  });
  byId('token-form', HTMLFormElement).addEventListener('submit', (event) => event.preventDefault());
  reveal.addEventListener('click', () => {
    const shown = input.type === 'password';
    input.type = shown ? 'text' : 'password';
    reveal.textContent = shown ? 'Hide' : 'Show';
    reveal.setAttribute('aria-pressed', String(shown));
  });
  setInterval(describe, 10_000);

  function describe() {
    const token = input.value.trim();
    if (token === '') return says.replaceChildren(...hint);
    const claims = claimsOf(token);
    says.textContent = claims ? inWords(claims) : 'This is no JSON Web Token.';
    says.classList.toggle('wrong', !claims || Number(claims['exp']) * 1_000 < Date.now());
  }

  return () => input.value.trim();
}

/**
 * Reads what a token says, without proving it: that is the server's part.
 *
 * @param {string} token
 * @returns {Record<string, unknown> | undefined}
 */
function claimsOf(token) {
  try {
    const body = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(body), (character) => character.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims === 'object' && claims !== null ? claims : undefined;
  } catch {
    return undefined;
  }
}

/** @param {Record<string, unknown>} claims */
function inWords({ sub, diagnoses, scope, exp }) {
  const owned = Array.isArray(diagnoses) ? `diagnoses ${diagnoses.slice(0, 5).join(', ')}` : '';
  const more = Array.isArray(diagnoses) && diagnoses.length > 5 ? ' …' : '';
  const seconds = Number(exp) - Date.now() / 1_000;
  const expiry = seconds > 0 ? `expires in ${duration(seconds)}` : `expired ${duration(-seconds)} ago`;
  return [`sub ${sub}`, owned + more, scope && `scope ${scope}`, expiry].filter(Boolean).join(' · ');
}

/** @param {number} seconds */
function duration(seconds) {
  if (!Number.isFinite(seconds)) return 'never';
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
}

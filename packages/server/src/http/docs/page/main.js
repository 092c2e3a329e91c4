import { createConsole } from './console.js';
import { byId, el } from './dom.js';
import { createHttpTab } from './http-tab.js';
import { commandExamples, reference } from './reference.js';
import { createTabs } from './tabs.js';
import { createTokenField } from './token.js';

// The page lies at `docs`, the endpoints beside it: so this works under any prefix.
const base = new URL('.', location.href);

const dark = matchMedia('(prefers-color-scheme: dark)');
const followTheme = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', followTheme);
followTheme();

createTabs(document);

/** @type {(token: string) => void} */
let tokenChanged = () => {};
const token = createTokenField((value) => tokenChanged(value));

const swagger = byId('swagger', HTMLElement);
const description = byId('reference', HTMLElement);

void load('openapi.json', swagger, (document) => {
  swagger.replaceChildren();
  tokenChanged = createHttpTab(swagger, document, base);
  if (token()) tokenChanged(token());
});
void load('asyncapi.json', description, (document) => {
  description.replaceChildren(...reference(document));
  byId('console', HTMLElement).replaceChildren(
    createConsole({ base, token, commands: commandExamples(document) }),
  );
});

const readiness = byId('readiness', HTMLElement);
void showReadiness();
setInterval(() => document.visibilityState === 'visible' && showReadiness(), 10_000);

async function showReadiness() {
  const response = await fetch(new URL('ready', base)).catch(() => undefined);
  const words = response ? (response.ok ? 'ready' : 'not ready') : 'unreachable';
  if (readiness.textContent !== words) readiness.textContent = words;
  readiness.dataset['state'] = words.replace(' ', '-');
}

/**
 * Loads one of the documents; says so in its place when that fails.
 *
 * @param {string} name
 * @param {HTMLElement} place
 * @param {(document: never) => void} show
 */
async function load(name, place, show) {
  try {
    const response = await fetch(new URL(name, base));
    if (!response.ok) throw new Error(`the answer was ${response.status}`);
    show(/** @type {never} */ (await response.json()));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    place.replaceChildren(el('p', { class: 'wrong', role: 'alert' }, `${name} cannot be shown: ${reason}`));
  }
}

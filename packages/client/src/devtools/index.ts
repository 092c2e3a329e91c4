import type { Client } from '../client.ts';
import type { InspectionEvent } from '../inspect.ts';
import { describe, nameOfTiming, type Row } from './describe.ts';
import { STYLES } from './styles.ts';

/** Most events in the list; older ones leave it. */
const MOST_ROWS = 200;

const TIMINGS = ['token', 'open', 'authenticated', 'live', 'round_trip'] as const;
const GROUPS = ['states', 'frames', 'recoveries', 'timings'] as const;
const SAID = { '↑': 'sent', '↓': 'received', '•': '' };

/** Makes an element: its attributes, and what it holds. */
function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Record<string, string> = {},
  ...content: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...content);
  return element;
}

/**
 * Shows a client's connection in a panel: its state, its timings, and the latest events with their frames. Meant for
 * builds that users do not get. It is appended to `element`, or floats above the page, folded, when there is none. What
 * publications say stays hidden until somebody asks for it there. Returns the function that removes the panel.
 *
 * @example
 * if (import.meta.env.DEV) {
 *   const { mountDevtools } = await import('@vitalwire/client/devtools');
 *   mountDevtools(client);
 * }
 */
export function mountDevtools(
  client: Pick<Client<never>, 'inspect' | 'state'>,
  element?: HTMLElement,
): () => void {
  const host = make('div', element ? {} : { 'data-floating': '' });
  const parent = element ?? document.body;
  // The page's theme where it has one, else the device's.
  if (getComputedStyle(parent).colorScheme === 'normal') host.style.colorScheme = 'light dark';
  const root = host.attachShadow({ mode: 'open' });

  const name = make('b');
  const trip = make('span', { class: 'trip' });
  const toggle = make(
    'button',
    { class: 'toggle', type: 'button', 'aria-controls': 'body' },
    make('span', { class: 'dot', 'aria-hidden': 'true' }),
    make('span', { class: 'said' }, 'Vitalwire connection: '),
    name,
    trip,
  );
  const values = new Map(TIMINGS.map((timing) => [timing, make('dd', {}, '–')]));
  const list = make('ol', { 'aria-label': 'Events, the latest first', tabindex: '0' });
  const body = make(
    'div',
    { class: 'body', id: 'body' },
    make(
      'dl',
      {},
      ...[...values].map(([timing, value]) => make('div', {}, make('dt', {}, nameOfTiming(timing)), value)),
    ),
    make(
      'div',
      { class: 'tools', role: 'toolbar', 'aria-label': 'What is shown' },
      ...GROUPS.map((group) =>
        box(group, true, (shown) => void list.classList.toggle(`no-${group}`, !shown)),
      ),
      box('contents', false, (contents) => listen(contents)),
      make(
        'span',
        { class: 'buttons' },
        button('Pause', pause),
        button('Clear', clear),
        button('Copy', copy),
      ),
    ),
    list,
  );
  const section = make('section', { 'aria-label': 'Vitalwire devtools' }, toggle, body);
  root.append(section);
  // Not a style element, which a page's content security policy may forbid.
  const styles = new CSSStyleSheet();
  styles.replaceSync(STYLES);
  root.adoptedStyleSheets = [styles];

  /** What is in the list, or waits to be: the oldest first. */
  let events: InspectionEvent[] = [];
  /** How many of them are not in the list yet. */
  let waiting = 0;
  let paused = false;
  let opened = false;
  let frame = 0;
  let stop = () => {};

  function box(label: string, checked: boolean, change: (checked: boolean) => void): HTMLElement {
    const input = make('input', { type: 'checkbox' });
    input.checked = checked;
    input.addEventListener('change', () => change(input.checked));
    return make('label', {}, input, label);
  }

  function button(label: string, click: (button: HTMLButtonElement) => void): HTMLElement {
    const element = make('button', { type: 'button' }, label);
    element.addEventListener('click', () => click(element));
    return element;
  }

  function open(now: boolean): void {
    opened = now;
    section.toggleAttribute('data-open', opened);
    toggle.setAttribute('aria-expanded', String(opened));
    body.hidden = !opened;
    if (opened) draw();
  }

  function pause(button: HTMLButtonElement): void {
    paused = !paused;
    button.textContent = paused ? 'Go on' : 'Pause';
    draw();
  }

  function clear(): void {
    events = [];
    waiting = 0;
    list.replaceChildren();
  }

  function copy(button: HTMLButtonElement): void {
    const said = (text: string) => {
      button.textContent = text;
      setTimeout(() => {
        button.textContent = 'Copy';
      }, 1_500);
    };
    // There is no clipboard on pages without a secure origin.
    Promise.resolve(navigator.clipboard)
      .then((clipboard) => clipboard.writeText(events.map((event) => JSON.stringify(event)).join('\n')))
      .then(
        () => said('Copied'),
        () => said('Not allowed'),
      );
  }

  function listen(contents: boolean): void {
    stop();
    stop = client.inspect(take, { contents });
  }

  function take(event: InspectionEvent): void {
    if (event.type === 'state') show(event.state.name);
    if (event.type === 'timing') {
      const value = values.get(event.timing);
      if (value) value.textContent = `${event.ms} ms`;
      if (event.timing === 'round_trip') trip.textContent = `${event.ms} ms`;
    }
    events.push(event);
    waiting++;
    // Not at every event: a busy connection would keep the page from everything else.
    if (events.length > 2 * MOST_ROWS) trim();
    frame ||= requestAnimationFrame(draw);
  }

  function trim(): void {
    events = events.slice(-MOST_ROWS);
    waiting = Math.min(waiting, events.length);
  }

  function show(state: string): void {
    name.textContent = state;
    section.dataset['state'] = state;
    if (state !== 'connected') trip.textContent = '';
  }

  function draw(): void {
    frame = 0;
    if (paused || !opened || waiting === 0) return;
    trim();
    const fresh = events
      .slice(events.length - waiting)
      .map(rowOf)
      .reverse();
    waiting = 0;
    list.prepend(...fresh);
    while (list.childElementCount > MOST_ROWS) list.lastElementChild?.remove();
  }

  function rowOf(event: InspectionEvent): HTMLElement {
    const { mark, title, detail, group, tone }: Row = describe(event);
    const at = new Date(event.at);
    const time = `${at.toTimeString().slice(0, 8)}.${String(at.getMilliseconds()).padStart(3, '0')}`;
    const { at: _, ...shown } = event;
    const summary = make(
      'summary',
      {},
      make('time', {}, time),
      make(
        'span',
        { class: 'mark' },
        make('span', { 'aria-hidden': 'true' }, mark),
        make('span', { class: 'said' }, SAID[mark]),
      ),
      make('span', { class: 'title' }, title),
      make('span', { class: 'detail' }, detail),
    );
    const details = make('details', {}, summary);
    // What is inside is written out when somebody looks.
    details.addEventListener(
      'toggle',
      () => details.append(make('pre', {}, JSON.stringify(shown, undefined, 2))),
      { once: true },
    );
    return make('li', { class: `${group} ${tone}` }, details);
  }

  toggle.addEventListener('click', () => open(!opened));
  section.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape' || !opened || element) return;
    open(false);
    toggle.focus();
  });
  open(element !== undefined);
  show(client.state.name);
  listen(false);
  parent.append(host);
  return () => {
    stop();
    cancelAnimationFrame(frame);
    host.remove();
  };
}

import { el, json } from './dom.js';

const SUBPROTOCOL = 'vitalwire.v1';
/** Most lines that are kept; the oldest goes. */
const MAX_LINES = 300;

/**
 * A live console for the WebSocket endpoints.
 *
 * @param {object} options
 * @param {URL} options.base address of the server, with a slash at its end
 * @param {() => string} options.token
 * @param {Map<string, unknown>} options.commands examples of what may be sent, by name
 * @returns {HTMLElement}
 */
export function createConsole({ base, token, commands }) {
  /** @type {WebSocket | undefined} */
  let socket;
  let pings = 0;

  const endpoint = el(
    'select',
    { id: 'console-endpoint', onchange: showPlan },
    el('option', { value: 'one' }, '/ws/{diagnosis_id} (one)'),
    el('option', { value: 'many' }, '/ws (many)'),
  );
  const diagnosis = el('input', { id: 'console-diagnosis', inputmode: 'numeric', value: '123', size: '8' });
  const after = el('input', {
    id: 'console-after',
    list: 'console-starts',
    placeholder: 'what was missed',
    autocapitalize: 'off',
    spellcheck: 'false',
  });
  const starts = el(
    'datalist',
    { id: 'console-starts' },
    el('option', { value: 'earliest' }),
    el('option', { value: 'latest' }),
  );
  const connectButton = el('button', { type: 'submit', class: 'primary' }, 'Connect');
  const pingButton = el('button', { type: 'button', onclick: ping, disabled: true }, 'Send ping');
  const clearButton = el(
    'button',
    { type: 'button', class: 'quiet', onclick: () => log.replaceChildren() },
    'Clear',
  );
  const state = el('span', { class: 'state', role: 'status' }, 'not connected');
  const plan = el('p', { class: 'plan' });
  const composer = el('textarea', {
    id: 'console-frame',
    rows: '3',
    spellcheck: 'false',
    autocapitalize: 'off',
  });
  composer.value = '{"type": "ping", "id": "a"}';
  const sendButton = el('button', { type: 'submit', disabled: true }, 'Send');
  const log = el('ol', { class: 'frames', tabindex: '0', 'aria-label': 'Frames, newest last' });
  const samples = el('div', { class: 'samples' });
  for (const [name, example] of commands) {
    samples.append(el('button', { type: 'button', onclick: () => compose(example) }, name));
  }

  const root = el(
    'section',
    { class: 'console', 'aria-label': 'Live console' },
    el('h2', {}, 'Live console ', state),
    el(
      'form',
      { class: 'connect', onsubmit: toggle },
      field('Endpoint', endpoint, 'whole'),
      field('Diagnosis', diagnosis),
      field('After', after, 'grow'),
      starts,
      el('div', { class: 'actions' }, connectButton, pingButton, clearButton),
    ),
    plan,
    log,
    el(
      'details',
      { class: 'compose' },
      el('summary', {}, 'Send a frame'),
      el(
        'form',
        { onsubmit: send },
        samples,
        el('label', { for: 'console-frame', class: 'spoken' }, 'Frame to send'),
        composer,
        sendButton,
      ),
    ),
  );
  for (const input of [diagnosis, after]) input.addEventListener('input', showPlan);
  showPlan();
  return root;

  /** The address to connect to; the token is added only when it is used. */
  function address() {
    const one = endpoint.value === 'one';
    const url = new URL(one ? `ws/${encodeURIComponent(diagnosis.value.trim())}` : 'ws', base);
    url.protocol = url.protocol.replace('http', 'ws');
    if (one && after.value.trim()) url.searchParams.set('after', after.value.trim());
    return url;
  }

  function showPlan() {
    const url = address();
    if (endpoint.value === 'one') {
      const query = url.search ? `${url.search}&token=…` : '?token=…';
      plan.textContent = `${url.origin}${url.pathname}${query}`;
    } else plan.textContent = `${url.href} with subprotocol ${SUBPROTOCOL}, then authenticate and subscribe`;
  }

  /** @param {Event} event */
  function toggle(event) {
    event.preventDefault();
    if (socket) socket.close(1000);
    else open();
  }

  function open() {
    const one = endpoint.value === 'one';
    const url = address();
    line('event', `connecting to ${url.pathname}`);
    if (one) url.searchParams.set('token', token());
    const opened = one ? new WebSocket(url) : new WebSocket(url, SUBPROTOCOL);
    socket = opened;
    show('connecting');
    opened.onopen = () => {
      show('connected');
      if (one) return;
      transmit({ type: 'authenticate', token: token() });
      const start = after.value.trim() ? { after: after.value.trim() } : {};
      transmit({ type: 'subscribe', diagnosis_id: Number(diagnosis.value), ...start });
    };
    opened.onmessage = ({ data }) => frame('received', String(data));
    opened.onclose = ({ code, reason }) => {
      if (socket === opened) socket = undefined;
      show('not connected');
      line('event', `closed: ${code}${reason ? ` ${reason}` : ''}`);
    };
  }

  /** @param {'not connected' | 'connecting' | 'connected'} name */
  function show(name) {
    state.textContent = name;
    state.dataset['state'] = name.replace(' ', '-');
    connectButton.textContent = name === 'not connected' ? 'Connect' : 'Disconnect';
    for (const button of [pingButton, sendButton]) button.disabled = name !== 'connected';
    for (const input of [endpoint, diagnosis, after]) input.disabled = name !== 'not connected';
  }

  function ping() {
    transmit({ type: 'ping', id: ++pings });
  }

  /** @param {unknown} example */
  function compose(example) {
    const command = { .../** @type {Record<string, unknown>} */ (example) };
    if ('token' in command) command['token'] = token();
    if ('diagnosis_id' in command) command['diagnosis_id'] = Number(diagnosis.value);
    composer.value = JSON.stringify(command);
    composer.focus();
  }

  /** @param {Event} event */
  function send(event) {
    event.preventDefault();
    sendText(composer.value);
  }

  /** @param {object} command */
  function transmit(command) {
    sendText(JSON.stringify(command));
  }

  /** @param {string} text */
  function sendText(text) {
    if (socket?.readyState !== WebSocket.OPEN) return;
    socket.send(text);
    // What is shown on a screen may be seen by others.
    frame('sent', text.replace(/("token"\s*:\s*")[^"]*"/g, '$1…"'));
  }

  /**
   * @param {'received' | 'sent'} direction
   * @param {string} text
   */
  function frame(direction, text) {
    const value = parse(text);
    if (typeof value !== 'object' || value === null) return line(direction, text);
    const { type, offset, data } = /** @type {Record<string, unknown>} */ (value);
    const recovery = /** @type {{ recovery?: { status?: string } } | undefined} */ (data)?.recovery?.status;
    const hint = offset === undefined ? (recovery ?? '') : `#${offset}`;
    line(direction, String(type), String(hint), json(value));
  }

  /**
   * @param {'received' | 'sent' | 'event'} direction
   * @param {string} text
   * @param {string} [hint]
   * @param {Node} [details]
   */
  function line(direction, text, hint = '', details) {
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    const time = el('time', {}, new Date().toLocaleTimeString());
    const arrow = { received: '↓', sent: '↑', event: '•' }[direction];
    const spoken = el('span', { class: 'spoken' }, direction === 'event' ? '' : `${direction}: `);
    const head = [el('span', { class: 'arrow', 'aria-hidden': 'true' }, arrow), spoken, el('b', {}, text)];
    if (hint) head.push(el('span', { class: 'hint' }, hint));
    const item = el('li', { class: direction });
    if (details) item.append(el('details', {}, el('summary', {}, ...head, time), details));
    else item.append(el('p', {}, ...head, time));
    log.append(item);
    while (log.childElementCount > MAX_LINES) log.firstElementChild?.remove();
    if (atEnd) log.scrollTop = log.scrollHeight;
  }
}

/**
 * @param {string} text
 * @returns {unknown}
 */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * @param {string} label
 * @param {HTMLElement} input
 * @param {string} [kind]
 */
function field(label, input, kind = '') {
  return el('div', { class: `labelled ${kind}` }, el('label', { for: input.id }, label), input);
}

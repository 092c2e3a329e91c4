import { el, json, prose } from './dom.js';
import { fields } from './schema.js';

/**
 * The parts of an AsyncAPI 3 document that are shown here.
 *
 * @typedef {object} Message
 * @property {string} name
 * @property {string} [summary]
 * @property {Schema} payload
 * @property {{ payload: unknown, name?: string, summary?: string }[]} [examples]
 *
 * @typedef {import('./schema.js').Schema} Schema
 *
 * @typedef {object} Channel
 * @property {string} address
 * @property {string} [title]
 * @property {string} [description]
 * @property {Record<string, { $ref: string }>} messages
 * @property {Record<string, { description?: string }>} [parameters]
 * @property {{ ws?: { query?: Schema, headers?: Schema } }} [bindings]
 *
 * @typedef {object} AsyncApi
 * @property {{ description?: string }} info
 * @property {Record<string, Channel>} channels
 * @property {Record<string, { action: string, messages: { $ref: string }[] }>} operations
 * @property {{ messages: Record<string, Message> }} components
 * @property {{ code: number, reason: string, action: string }[]} [x-close-codes]
 */

/**
 * Renders the WebSocket endpoints, what the server says, and what a client may say.
 *
 * @param {AsyncApi} document
 * @returns {HTMLElement[]}
 */
export function reference(document) {
  const { messages } = document.components;
  const received = namesOf(document, 'receive');
  const sent = namesOf(document, 'send');
  const article = (/** @type {string} */ name) => messages[name] && messageArticle(messages[name], document);
  return [
    el('p', { class: 'lead' }, ...prose(document.info.description ?? '')),
    el('h2', {}, 'Endpoints'),
    ...Object.values(document.channels).map(channelArticle),
    el('h2', {}, 'From the server'),
    ...sent.map(article).filter((item) => item !== undefined),
    el('h2', {}, 'To the server'),
    ...received.map(article).filter((item) => item !== undefined),
    ...closeCodes(document['x-close-codes'] ?? []),
  ];
}

/**
 * Examples of what a client may say, by name.
 *
 * @param {AsyncApi} document
 * @returns {Map<string, unknown>}
 */
export function commandExamples(document) {
  return new Map(
    namesOf(document, 'receive').map((name) => [
      name,
      document.components.messages[name]?.examples?.[0]?.payload ?? { type: name },
    ]),
  );
}

/**
 * The names of the messages in one direction, in the order of the document. `send` and `receive` are meant as the
 * server's.
 *
 * @param {AsyncApi} document
 * @param {string} action
 */
function namesOf({ operations }, action) {
  const refs = Object.values(operations)
    .filter((operation) => operation.action === action)
    .flatMap((operation) => operation.messages.map(({ $ref }) => lastPart($ref)));
  return [...new Set(refs)];
}

/** @param {string} ref */
function lastPart(ref) {
  return ref.split('/').at(-1) ?? '';
}

/** @param {Channel} channel */
function channelArticle({ address, title, description, parameters = {}, bindings }) {
  return el(
    'article',
    { class: 'endpoint' },
    el('h3', {}, el('span', { class: 'method' }, 'GET'), ' ', el('code', {}, address)),
    ...[title, description].map((text) => text !== undefined && el('p', {}, ...prose(text))),
    part('Path', { properties: parameters, required: Object.keys(parameters) }),
    part('Query', bindings?.ws?.query),
    part('Headers', bindings?.ws?.headers),
  );
}

/**
 * @param {string} title
 * @param {Schema | undefined} schema
 */
function part(title, schema) {
  const empty = Object.keys(schema?.properties ?? {}).length === 0;
  return !empty && schema && el('div', {}, el('h4', {}, title), fields(schema));
}

/**
 * How a connection ends, as a table.
 *
 * @param {{ code: number, reason: string, action: string }[]} codes
 * @returns {HTMLElement[]}
 */
function closeCodes(codes) {
  if (codes.length === 0) return [];
  const words = new Map([
    ['stop', 'stop'],
    ['reconnect', 'connect again'],
    ['refresh', 'connect again with a new token'],
  ]);
  return [
    el('h2', {}, 'Close codes'),
    el(
      'table',
      {},
      el(
        'thead',
        {},
        el('tr', {}, ...['Code', 'Reason', 'Then'].map((name) => el('th', { scope: 'col' }, name))),
      ),
      el(
        'tbody',
        {},
        ...codes.map(({ code, reason, action }) =>
          el(
            'tr',
            {},
            el('td', {}, el('code', {}, String(code))),
            el('td', {}, el('code', {}, reason)),
            el('td', {}, words.get(action) ?? action),
          ),
        ),
      ),
    ),
  ];
}

/**
 * @param {Message} message
 * @param {AsyncApi} document
 */
function messageArticle(message, { channels }) {
  const { name, summary, payload, examples = [] } = message;
  const all = Object.values(channels);
  const where = all.filter((channel) => name in channel.messages).map(({ address }) => address);
  return el(
    'article',
    { class: 'message', id: `message-${name}` },
    el('h3', {}, el('code', {}, name)),
    summary !== undefined && el('p', {}, ...prose(summary)),
    where.length < all.length && el('p', { class: 'where' }, 'Only at ', el('code', {}, where.join(', '))),
    el('details', {}, el('summary', {}, 'Fields'), fields(payload)),
    ...examples.map((example, i) =>
      el(
        'details',
        {},
        el(
          'summary',
          {},
          examples.length > 1 ? `Example ${i + 1}` : 'Example',
          note(example.summary ?? example.name),
        ),
        json(example.payload),
      ),
    ),
  );
}

/** @param {string | undefined} text */
function note(text) {
  return text === undefined ? '' : `: ${text}`;
}

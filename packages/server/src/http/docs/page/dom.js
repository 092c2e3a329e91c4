/**
 * Creates an element. Texts become text nodes, never markup: much of what is shown here was sent by somebody.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | boolean | EventListener>} [properties] attributes, and `onclick` and the like
 * @param {...(Node | string | undefined | false)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (typeof value === 'boolean') element.toggleAttribute(name, value);
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== undefined && child !== false));
  return element;
}

/**
 * An element of the page that is known to be there.
 *
 * @template {Element} E
 * @param {string} id
 * @param {new () => E} type
 * @returns {E}
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`no ${type.name} #${id}`);
  return element;
}

/**
 * Text with `code` in backticks, as nodes.
 *
 * @param {string} text
 * @returns {(Node | string)[]}
 */
export function prose(text) {
  return text.split('`').map((part, i) => (i % 2 === 1 ? el('code', {}, part) : part));
}

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * A value as indented, coloured JSON.
 *
 * @param {unknown} value
 */
export function json(value) {
  const text = JSON.stringify(value, null, 2) ?? 'undefined';
  const pre = el('pre', { class: 'json', tabindex: '0' });
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, string, colon] = match;
    const kind = colon ? 'key' : string ? 'string' : 'other';
    const shown = string ?? whole;
    pre.append(text.slice(end, match.index), el('span', { class: kind }, shown));
    end = match.index + shown.length;
  }
  pre.append(text.slice(end));
  return pre;
}

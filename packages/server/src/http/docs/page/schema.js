import { el, prose } from './dom.js';

/**
 * A JSON Schema, as far as the documents use it.
 *
 * @typedef {object} Schema
 * @property {string} [type]
 * @property {string} [title]
 * @property {string} [description]
 * @property {unknown} [const]
 * @property {unknown[]} [enum]
 * @property {Schema[]} [anyOf]
 * @property {Schema[]} [oneOf]
 * @property {Schema} [items]
 * @property {Record<string, Schema>} [properties]
 * @property {string[]} [required]
 * @property {number} [minimum]
 * @property {number} [maximum]
 * @property {number} [exclusiveMinimum]
 * @property {number} [minLength]
 * @property {number} [maxLength]
 * @property {string} [pattern]
 */

/**
 * The fields of an object schema, as a list.
 *
 * @param {Schema} schema
 * @returns {HTMLElement}
 */
export function fields(schema) {
  const required = new Set(schema.required ?? []);
  const list = el('ul', { class: 'fields' });
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    list.append(
      el(
        'li',
        {},
        el(
          'p',
          { class: 'field' },
          el('code', { class: 'name' }, name),
          ' ',
          el('span', { class: 'type' }, typeOf(field)),
          !required.has(name) && el('span', { class: 'optional' }, 'optional'),
        ),
        field.description && el('p', { class: 'says' }, ...prose(field.description)),
        ...inner(field),
      ),
    );
  }
  return list;
}

/**
 * What is inside of a field: the fields of an object, or of each of its forms.
 *
 * @param {Schema} field
 * @returns {HTMLElement[]}
 */
function inner(field) {
  if (field.properties) return [fields(field)];
  if (field.items?.properties) return [fields(field.items)];
  const forms = (field.anyOf ?? field.oneOf ?? []).filter((form) => form.properties);
  return forms.map((form, i) =>
    el('details', { open: i === 0 }, el('summary', {}, formName(form, i)), fields(form)),
  );
}

/**
 * What sets a form apart from the others: the values that its first fixed field may have.
 *
 * @param {Schema} form
 * @param {number} index
 */
function formName(form, index) {
  for (const [name, field] of Object.entries(form.properties ?? {})) {
    const values = field.enum ?? (field.const === undefined ? [] : [field.const]);
    if (values.length > 0) return `${name}: ${values.map(String).join(' or ')}`;
  }
  return `form ${index + 1}`;
}

/**
 * A field's type and bounds in a few words.
 *
 * @param {Schema} field
 * @returns {string}
 */
function typeOf(field) {
  if (field.const !== undefined) return JSON.stringify(field.const);
  if (field.enum) return field.enum.map((value) => JSON.stringify(value)).join(' | ');
  const forms = field.anyOf ?? field.oneOf;
  if (forms) return [...new Set(forms.map(typeOf))].join(' | ');
  if (field.type === 'array') return `list of ${field.items ? typeOf(field.items) : 'anything'}`;
  return [field.type ?? '', boundsOf(field)].filter(Boolean).join(' ');
}

/** @param {Schema} field */
function boundsOf({ minimum, maximum, exclusiveMinimum, maxLength, pattern }) {
  const least = minimum ?? (exclusiveMinimum === undefined ? undefined : exclusiveMinimum + 1);
  // The bounds of safe integers say nothing to a reader.
  const from = least === undefined || least <= Number.MIN_SAFE_INTEGER ? '' : String(least);
  const to = maximum === undefined || maximum >= 999_999_999_999_999 ? '' : String(maximum);
  if (from && to) return `${from}–${to}`;
  if (from) return `≥ ${from}`;
  if (to) return `≤ ${to}`;
  if (maxLength !== undefined) return `≤ ${maxLength} characters`;
  return pattern ? '(fixed form)' : '';
}

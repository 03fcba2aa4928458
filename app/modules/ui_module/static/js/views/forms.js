// Parts of dialogs: sections with a title, fields with their errors, and forms.

import { h, toast } from '../dom.js';
import { explain, fieldOf, t } from '../i18n.js';
import { dialog } from './dialogs.js';

/** Creates a part of a dialog with a title. */
export const section = (title, ...content) => h('section', { 'aria-label': title }, h('h3', {}, title), ...content);

/** Creates a labelled field with a place for its error. `id` differs from `name` where another form has the same field. */
export function field(name, label, { id = name, ...attributes } = {}, tag = 'input', content = []) {
  return h('div', { class: 'field' }, h('label', { for: id }, label), h(tag, { id, name, dir: 'auto', 'aria-describedby': `${id}-error`, ...attributes }, content), h('p', { id: `${id}-error`, class: 'error' }));
}

/** Creates a form that shows an error next to its field, and moves the focus there. `submit` receives the values and the form. */
export function form(fields, label, submit) {
  const alert = h('p', { class: 'error', role: 'alert' });
  const element = h('form', { class: 'fields', method: 'post', on: { submit: run } },
    ...fields, alert, h('div', { class: 'buttons' }, h('button', { type: 'submit', class: 'button primary' }, label)));

  // What the user has submitted last, until it is stored.
  let newest = null;

  async function run(event) {
    event.preventDefault();
    const isBusy = newest !== null;
    newest = Object.fromEntries(new FormData(element));
    if (isBusy) return;
    let sent;
    do {
      sent = newest;
      await store(sent);
    } while (element.isConnected && JSON.stringify(newest) !== JSON.stringify(sent));
    newest = null;
  }

  async function store(values) {
    for (const line of element.querySelectorAll('.error')) line.textContent = '';
    for (const input of element.querySelectorAll('[aria-invalid]')) input.removeAttribute('aria-invalid');
    try {
      await submit(values, element);
    } catch (error) {
      const wrong = element.elements[fieldOf(error)];
      // A group of checkboxes has no place of its own.
      if (!(wrong instanceof HTMLElement)) {
        alert.textContent = explain(error);
        return;
      }
      wrong.setAttribute('aria-invalid', 'true');
      element.querySelector(`#${wrong.id}-error`).textContent = explain(error);
      wrong.focus();
    }
  }
  return element;
}

/** Runs an action. Returns true if it has succeeded. An error is shown as a toast. */
export async function attempt(run) {
  try {
    await run();
    return true;
  } catch (error) {
    toast(explain(error));
    return false;
  }
}

/** Shows what the server says only once, with a button that copies it. Neither a click beside it nor Escape closes it. */
export function secretDialog(title, why, text, content) {
  return dialog(title, h('div', { class: 'dialog-form' }, h('p', {}, why), content,
    navigator.clipboard && h('button', { type: 'button', class: 'button wide', on: { click: () => navigator.clipboard.writeText(text).then(() => toast(t('message.copied')), () => {}) } }, t('factor.copy'))), { isSticky: true });
}

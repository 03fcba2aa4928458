// Dialogs, which keep the focus inside and close with Escape; and the picker of accounts.

import { get } from '../api.js';
import { announcerOfDialog, avatar, botMark, debounced, h, iconButton, reconcile, toast } from '../dom.js';
import { explain, t } from '../i18n.js';

/** Opens a dialog. A click outside and Escape close it, unless it `isSticky`. */
export function dialog(title, content, { className = '', isSticky = false } = {}) {
  // The end of a selection that began inside is a click on the dialog, too.
  let isPressedOutside = false;
  const element = h('dialog', {
    class: className, 'aria-label': title, closedby: isSticky && 'none',
    on: {
      close: () => element.remove(),
      // A browser may know no `closedby`.
      cancel: (event) => isSticky && event.preventDefault(),
      pointerdown: (event) => { isPressedOutside = event.target === element; },
      click: (event) => event.target === element && isPressedOutside && !isSticky && element.close(),
    },
  },
  h('div', { class: 'dialog-body' },
    h('header', { class: 'bar' }, h('h2', { dir: 'auto' }, title), iconButton('close', t('dialog.close'), () => element.close())),
    content), announcerOfDialog());
  document.body.append(element);
  element.showModal();
  return element;
}

/** Closes the dialogs and the menu that would cover another chat. A dialog that only its button closes stays. */
export function closeDialogs() {
  document.querySelector('.menu')?.hidePopover();
  for (const element of document.querySelectorAll('dialog:not([closedby=none])')) element.close();
}

/** Changes the title of an open dialog. */
export function rename(element, title) {
  element.setAttribute('aria-label', title);
  element.querySelector('h2').textContent = title;
}

/** Asks for confirmation, with further content below the question. Returns true if the user confirms. */
export function confirmed(question, yes, content = null) {
  return new Promise((resolve) => {
    const element = h('dialog', { class: 'question', 'aria-labelledby': 'question', on: { close: () => { resolve(element.returnValue === 'yes'); element.remove(); } } },
      h('div', { class: 'dialog-body' },
        h('p', { id: 'question' }, question),
        content,
        h('div', { class: 'buttons' },
          h('button', { type: 'button', class: 'button', autofocus: true, on: { click: () => element.close('no') } }, t('dialog.cancel')),
          h('button', { type: 'button', class: 'button danger', on: { click: () => element.close('yes') } }, yes))), announcerOfDialog());
    document.body.append(element);
    element.showModal();
  });
}

/** Creates a search for accounts. `chosen` is the Map of the picked ones, `leftOut` has the ids that are not offered. */
export function peoplePicker(chosen, leftOut = new Set()) {
  const chips = h('ul', { class: 'chips' });
  const results = h('ul', { class: 'chat-list' });
  const note = h('p', { class: 'hint', role: 'status' });
  const input = h('input', { id: 'find-people', type: 'search', autocomplete: 'off', maxlength: 100, on: { input: typed } });
  const findSoon = debounced(find, 200);
  let found = [];

  function typed() {
    // The keyboard of a phone may cover what is found.
    element.scrollIntoView({ block: 'nearest' });
    findSoon();
  }

  async function find() {
    const query = input.value.trim();
    try {
      const { items } = await get('/accounts', { query, limit: 20 });
      if (query !== input.value.trim()) return;
      found = items;
      render();
    } catch (error) {
      toast(explain(error));
    }
  }

  function toggle(person) {
    if (!chosen.delete(person.id)) chosen.set(person.id, person);
    render();
  }

  function render() {
    reconcile(chips, [...chosen.values()].map((person) => ({
      key: person.id,
      signature: person.display_name,
      build: () => h('li', {}, h('button', { type: 'button', class: 'chip', 'aria-label': t('new.remove', { name: person.display_name }), on: { click: () => toggle(person) } }, person.display_name, ' ×')),
    })));
    const offered = found.filter((person) => !leftOut.has(person.id));
    reconcile(results, offered.map((person) => ({
      key: person.id,
      signature: `${chosen.has(person.id)}${JSON.stringify(person)}`,
      build: () => h('li', {},
        h('button', { type: 'button', class: 'chat-item', 'aria-pressed': String(chosen.has(person.id)), on: { click: () => toggle(person) } },
          avatar(person.display_name, person.id, { small: true, online: person.online, image: person.avatar }),
          h('span', { class: 'chat-text' },
            h('span', { class: 'line' }, h('strong', { dir: 'auto' }, person.display_name), botMark(person)),
            h('span', { class: 'line' }, h('span', { class: 'preview' }, `@${person.username}`))))),
    })));
    note.textContent = offered.length ? '' : t('chats.nothing');
  }

  const element = h('div', { class: 'field' }, h('label', { for: 'find-people' }, t('new.find')), chips, input, h('div', { class: 'picker' }, results, note));
  find();
  return element;
}

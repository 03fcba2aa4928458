// The dialog for a new group or channel. Direct chats are opened from the search.

import { h, newId } from '../dom.js';
import { explain, t } from '../i18n.js';
import { dialog, peoplePicker } from './dialogs.js';

export function newChatDialog({ store, openChat }) {
  const chosen = new Map();
  // One id for all attempts: pressing the button again, or a retry, creates no second chat.
  const id = newId();
  const error = h('p', { class: 'error', role: 'alert' });

  async function submit(event) {
    event.preventDefault();
    const { type, title, description } = Object.fromEntries(new FormData(event.target));
    const request = { id, type, title, member_ids: [...chosen.keys()] };
    if (description.trim()) request.description = description.trim();
    try {
      openChat(await store.createChat(request));
      element.close();
    } catch (refusal) {
      error.textContent = explain(refusal);
    }
  }

  const choice = (type, isChecked) => h('label', { class: 'choice' },
    h('input', { type: 'radio', name: 'type', value: type, checked: isChecked }),
    h('span', {}, h('strong', {}, t(`new.${type}`)), h('small', {}, t(`new.${type}Hint`))));

  const element = dialog(t('new.title'), h('form', { class: 'dialog-form', method: 'post', on: { submit } },
    h('div', { class: 'choices', role: 'radiogroup', 'aria-label': t('new.title') }, choice('group', true), choice('channel', false)),
    h('div', { class: 'field' }, h('label', { for: 'chat-title' }, t('new.name')), h('input', { id: 'chat-title', name: 'title', required: true, maxlength: 128, autofocus: true })),
    h('div', { class: 'field' }, h('label', { for: 'chat-description' }, t('new.description')), h('input', { id: 'chat-description', name: 'description', maxlength: 1000 })),
    peoplePicker(chosen, new Set([store.me.id])),
    error,
    h('button', { type: 'submit', class: 'button primary wide' }, t('new.create'))));
}

// The dialog that changes the title and the description of a group or channel.

import { call, has } from '../api.js';
import { h } from '../dom.js';
import { explain, t } from '../i18n.js';
import { avatarField } from './avatarField.js';
import { dialog } from './dialogs.js';

export function editChatDialog(store, chat) {
  const error = h('p', { id: 'edit-error', class: 'error', role: 'alert' });

  async function submit(event) {
    event.preventDefault();
    const given = [...new FormData(event.target)].map(([name, value]) => [name, value.trim() || null]);
    const changes = Object.fromEntries(given.filter(([name, value]) => value !== (chat[name] || null)));
    error.textContent = '';
    try {
      if (Object.keys(changes).length) await call('PATCH', `/chats/${chat.id}`, changes);
      element.close();
    } catch (refusal) {
      error.textContent = explain(refusal);
    }
  }

  const field = (name, label, tag, attributes) => h('div', { class: 'field' },
    h('label', { for: `edit-${name}` }, label),
    h(tag, { id: `edit-${name}`, name, dir: 'auto', value: chat[name] ?? '', 'aria-describedby': 'edit-error', ...attributes }));

  const element = dialog(t('members.edit'), h('form', { class: 'dialog-form', method: 'post', on: { submit } },
    has('attachments') && avatarField(store, `/chats/${chat.id}/avatar`, () => ({ name: store.title(chat), id: chat.id, image: store.avatar(chat) })),
    field('title', t('new.name'), 'input', { required: true, maxlength: 128, autofocus: true }),
    field('description', t('new.description'), 'textarea', { maxlength: 1000, rows: 3 }),
    error,
    h('button', { type: 'submit', class: 'button primary wide' }, t('settings.save'))));
}

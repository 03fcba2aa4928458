// Forwarding a message: choosing the chat, and the way back to where it was written.

import { Problem, call, get } from '../api.js';
import { avatar, h, newId, reconcile, toast } from '../dom.js';
import { explain, t } from '../i18n.js';
import { dialog } from './dialogs.js';

export function forwardDialog({ store, openChat, blocks }, chat, message) {
  // One id for each chat: pressing the button again, or a retry, creates no second message.
  const ids = new Map();
  const list = h('ul', { class: 'chat-list' });
  const note = h('p', { class: 'hint', role: 'status' });
  const error = h('p', { class: 'error', role: 'alert' });
  const input = h('input', { id: 'forward-to', type: 'search', autocomplete: 'off', autofocus: true, on: { input: render } });
  const element = dialog(t('forward.title'), h('div', { class: 'dialog-form' },
    h('div', { class: 'field' }, h('label', { for: 'forward-to' }, t('forward.find')), input), h('div', { class: 'picker' }, list, note), error));

  function render() {
    const query = input.value.trim().toLocaleLowerCase();
    const chats = store.list.filter((to) => blocks.mayPost(to) && store.title(to).toLocaleLowerCase().includes(query));
    reconcile(list, chats.map((to) => {
      const name = store.title(to);
      const image = store.avatar(to);
      return {
        key: to.id,
        signature: JSON.stringify([name, image]),
        build: () => h('li', {}, h('button', { type: 'button', class: 'chat-item', on: { click: () => forward(to) } },
          avatar(name, store.peer(to)?.id ?? to.id, { small: true, image }), h('span', { class: 'chat-text' }, h('strong', { dir: 'auto' }, name)))),
      };
    }));
    note.textContent = chats.length ? '' : t('chats.nothing');
  }

  async function forward(to) {
    if (!ids.has(to.id)) ids.set(to.id, newId());
    try {
      await call('POST', `/chats/${chat.id}/messages/${message.seq}/forward`, { to_chat_id: to.id, client_msg_id: ids.get(to.id) });
      element.close();
      openChat(to.id);
    } catch (refusal) {
      error.textContent = explain(refusal);
    }
  }

  render();
}

/** Creates the line above a forwarded message. It leads to the original, for members of that chat. */
export function forwardedFrom({ openChat }, chat, { seq, forwarded_from: from }) {
  async function open() {
    try {
      const origin = await get(`/chats/${chat.id}/messages/${seq}/origin`);
      openChat(origin.chat_id, origin.seq);
    } catch (error) {
      toast(error instanceof Problem && error.status === 404 ? t('forward.noOrigin') : explain(error));
    }
  }
  return h('button', { type: 'button', class: 'forwarded', title: t('forward.open'), on: { click: open } },
    t('forward.from', { name: from.sender_name || t('person.deleted') }));
}

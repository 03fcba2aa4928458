// The dialog with the members of a chat, and the actions that the user's role allows.

import { call, has } from '../api.js';
import { isMuted } from '../chat.js';
import { avatar, botMark, h, iconButton, reconcile } from '../dom.js';
import { t } from '../i18n.js';
import { confirmed, dialog, peoplePicker, rename } from './dialogs.js';
import { editChatDialog } from './editChat.js';
import { attempt } from './forms.js';

// A mute without an end: the server stores a time.
const FAR = '2999-12-31T23:59:59Z';
/** In a larger chat the list does not say who is online. */
const MOST_REFRESHED = 100;

export function membersDialog({ store, openChat, blocks }, chat) {
  const peer = store.peer(chat);
  const description = h('p', { class: 'description', dir: 'auto' });

  const list = h('ul', { class: 'members' });
  const settings = h('div', { class: 'buttons' });
  const buttons = h('div', { class: 'buttons' });
  const element = dialog(store.title(chat), h('div', { class: 'dialog-form' }, description, settings, h('h3', {}, t('members.title')), list, buttons), { className: 'drawer' });

  /** Returns the actions that the user's role allows now. */
  function actions() {
    if (chat.type === 'direct') return peer && has('blocks') ? [blocks.has(peer.id) ? ['unblock', unblock] : ['block', block]] : [];
    return [
      ...isAdmin() ? [['edit', () => editChatDialog(store, chat)], ['add', add]] : [],
      chat.role === 'owner' ? ['delete', remove] : ['leave', leave],
    ];
  }

  /** Returns the user's own settings of the chat: name, state, and the request that changes it. */
  function toggles() {
    if (!chat.settings) return [];
    const { is_archived: isArchived, is_pinned: isPinned } = chat.settings;
    return [
      ['mute', isMuted(chat), { muted_until: isMuted(chat) ? null : FAR }],
      ['pin', isPinned, { is_pinned: !isPinned }],
      ['archive', isArchived, { is_archived: !isArchived }],
    ];
  }

  function isAdmin() {
    return chat.type !== 'direct' && (chat.role === 'owner' || chat.role === 'admin');
  }

  function render() {
    rename(element, store.title(chat));
    description.textContent = chat.description ?? (peer && store.person(peer.id).bio) ?? '';
    description.hidden = !description.textContent;
    reconcile(list, (chat.members ?? []).map((member) => {
      const person = store.person(member.account_id);
      const isSelf = member.account_id === store.me.id;
      const username = person.username || member.username;
      const isOnline = isSelf ? store.connection.state === 'online' : store.isOnline(person);
      const mayRemove = isAdmin() && !isSelf && member.role !== 'owner' && (chat.role === 'owner' || member.role !== 'admin');
      return {
        key: member.account_id,
        // Only what is shown: a row that is built again while a question is open cannot get its focus back.
        signature: JSON.stringify([person.display_name, username, person.avatar, person.typ, isOnline, member.role, mayRemove]),
        build: () => h('li', {},
          avatar(person.display_name, person.id, { small: true, online: isOnline, image: person.avatar }),
          h('span', { class: 'chat-text' },
            h('span', { class: 'line' }, h('strong', { dir: 'auto' }, person.display_name), botMark(person), isSelf && h('small', {}, t('members.you'))),
            h('span', { class: 'line' }, h('span', { class: 'preview' }, `@${username}`))),
          t(`role.${member.role}`) && h('small', { class: 'role' }, t(`role.${member.role}`)),
          mayRemove && iconButton('close', t('members.remove', { name: person.display_name }), () => removeMember(person))),
      };
    }));
    reconcile(settings, toggles().map(([name, isOn, changes]) => ({
      key: name,
      signature: String(isOn),
      build: () => h('button', { type: 'button', class: 'button', on: { click: () => attempt(() => call('PUT', `/chats/${chat.id}/settings`, changes)) } }, t(`members.${name}${isOn ? 'Off' : ''}`)),
    })));
    reconcile(buttons, actions().map(([name, run]) => ({
      key: name,
      signature: '',
      build: () => h('button', { type: 'button', class: `button${['delete', 'leave', 'block'].includes(name) ? ' danger' : ''}`, on: { click: run } }, t(`members.${name}`)),
    })));
    if (!store.chats.has(chat.id)) element.close();
  }

  function add() {
    const chosen = new Map();
    const picker = dialog(t('members.add'), h('div', { class: 'dialog-form' },
      // The members may be known later than the results of the search.
      peoplePicker(chosen, { has: (id) => chat.members?.some((member) => member.account_id === id) }),
      h('button', {
        type: 'button', class: 'button primary wide',
        on: {
          click: async () => {
            if (!chosen.size || await attempt(() => call('POST', `/chats/${chat.id}/members`, { account_ids: [...chosen.keys()] }))) picker.close();
          },
        },
      }, t('members.add'))));
  }

  async function block() {
    if (await confirmed(t('blocks.sure', { name: store.title(chat) }), t('members.block'))) await attempt(() => blocks.set(peer.id, true));
  }

  const unblock = () => attempt(() => blocks.set(peer.id, false));

  async function removeMember({ id, display_name: name }) {
    if (await confirmed(t('members.removeSure', { name }), t('members.removeDo'))) await attempt(() => call('DELETE', `/chats/${chat.id}/members/${id}`));
  }

  async function leave() {
    if (!await confirmed(t('members.leaveSure'), t('members.leave'))) return;
    if (await attempt(() => call('DELETE', `/chats/${chat.id}/members/${store.me.id}`))) gone();
  }

  async function remove() {
    if (!await confirmed(t('members.deleteSure'), t('members.delete'))) return;
    if (await attempt(() => call('DELETE', `/chats/${chat.id}`))) gone();
  }

  function gone() {
    element.close();
    openChat(null);
  }

  store.addEventListener('change', render);
  element.addEventListener('close', () => store.removeEventListener('change', render));
  attempt(async () => {
    await store.loadMembers(chat);
    if (chat.member_count <= MOST_REFRESHED) chat.members?.forEach((member) => store.people.refresh(member.account_id));
  });
  render();
}

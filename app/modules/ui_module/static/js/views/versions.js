// The earlier texts of an edited message, for its sender and admins.

import { get } from '../api.js';
import { h, toast } from '../dom.js';
import { explain, fullTime, t } from '../i18n.js';
import { dialog } from './dialogs.js';

export async function versionsDialog(chat, message) {
  try {
    const { items } = await get(`/chats/${chat.id}/messages/${message.seq}/versions`);
    const all = [{ text: message.text, written_at: message.edited_at }, ...items];
    dialog(t('versions.title'), h('ol', { class: 'dialog-form versions' }, all.map(({ text, written_at: at }) => h('li', {},
      h('small', {}, h('time', { datetime: at }, fullTime(new Date(at)))),
      h('p', { class: 'text', dir: 'auto' }, text)))));
  } catch (error) {
    toast(explain(error));
  }
}

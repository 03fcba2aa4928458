// The earlier texts of an edited message, for its sender and admins.

import { getAll } from '../api.js';
import { h } from '../dom.js';
import { fullTime, t } from '../i18n.js';
import { dialog } from './dialogs.js';
import { attempt } from './forms.js';

export function versionsDialog(chat, message) {
  return attempt(async () => {
    const items = await getAll(`/chats/${chat.id}/messages/${message.seq}/versions`);
    const all = [{ text: message.text, written_at: message.edited_at }, ...items];
    dialog(t('versions.title'), h('ol', { class: 'dialog-form versions' }, all.map(({ text, written_at: at }) => h('li', {},
      h('small', {}, h('time', { datetime: at }, fullTime(new Date(at)))),
      h('p', { class: 'text', dir: 'auto' }, text)))));
  });
}

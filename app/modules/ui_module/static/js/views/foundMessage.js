// A message of any chat in a list: it names the chat and the sender, and opens the message in its chat.

import { avatar, h } from '../dom.js';
import { shortMoment, t } from '../i18n.js';

/** Returns the row of a message. `content` are the nodes of its text, `text` is their signature, `mark` follows the time. */
export function foundMessage({ store, openChat }, message, text, content, mark = null) {
  const chat = store.chats.get(message.chat_id);
  const name = chat ? store.title(chat) : '…';
  const isMine = store.hasWritten(message);
  const author = isMine ? t('search.you') : store.author(message).display_name;
  const isNamed = isMine || message.via_hook || chat?.type !== 'direct';
  const when = shortMoment(new Date(message.created_at));
  return {
    key: message.id,
    signature: JSON.stringify([name, chat && store.avatar(chat), author, when, text]),
    build: () => h('li', {},
      h('button', { type: 'button', class: 'chat-item found', on: { click: () => openChat(message.chat_id, message.seq) } },
        avatar(name, (chat && store.peer(chat)?.id) ?? message.chat_id, { small: true, image: chat && store.avatar(chat) }),
        h('span', { class: 'chat-text' },
          h('span', { class: 'line' }, h('strong', { dir: 'auto' }, name), mark, h('time', {}, when)),
          h('span', { class: 'preview', dir: 'auto' }, ...isNamed ? [h('bdi', { class: 'by' }, author), ': '] : [], content)))),
  };
}

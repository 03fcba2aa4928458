// The list of the messages that mention the user, in all chats, the newest mention first.

import { get, has } from '../api.js';
import { h, iconButton, reconcile } from '../dom.js';
import { explain, t } from '../i18n.js';
import { summary } from '../summary.js';
import { dialog } from './dialogs.js';
import { foundMessage } from './foundMessage.js';

const PAGE = 30;

/** The button that opens the list. It shows the number of unread mentions. */
export class MentionsButton {
  constructor(context) {
    this.store = context.store;
    this.badge = h('span', { class: 'badge', hidden: true, 'aria-hidden': 'true' });
    this.element = iconButton('mention', t('mentions.list'), () => mentionsDialog(context), { 'aria-haspopup': 'dialog', hidden: !has('entities') });
    this.element.classList.add('counted');
    this.element.append(this.badge);
  }

  update() {
    const n = this.store.unreadMentions;
    if (this.shown === n) return;
    this.shown = n;
    const label = n ? `${t('mentions.list')}: ${t('mentions.unread', { n })}` : t('mentions.list');
    this.element.setAttribute('aria-label', label);
    this.element.title = label;
    this.badge.hidden = !n;
    this.badge.textContent = n > 99 ? '99+' : String(n);
  }
}

function mentionsDialog(context) {
  const { store } = context;
  let items = null;
  let cursor = null;
  let count = store.unreadMentions;
  let asked = null;
  let failure = '';
  const unread = h('button', { type: 'button', class: 'only-here', 'aria-pressed': 'false', on: { click: filter } }, t('mentions.unreadOnly'));
  const list = h('ul', { class: 'chat-list', 'aria-label': t('mentions.list') });
  const note = h('p', { class: 'hint', role: 'status' });
  const more = h('button', { type: 'button', class: 'button plain wide', hidden: true, on: { click: () => load(cursor) } }, t('search.more'));
  const element = dialog(t('mentions.list'), h('div', { class: 'dialog-form' }, h('div', {}, unread), list, note, more), { className: 'drawer' });
  const opening = { store, openChat: (id, seq) => { element.close(); context.openChat(id, seq); } };
  const isUnreadOnly = () => unread.getAttribute('aria-pressed') === 'true';

  /** Reads the first page, or the one after a cursor. The answer to an earlier request is not shown. */
  async function load(after = null) {
    const query = { unread: isUnreadOnly(), cursor: after, limit: PAGE };
    const request = asked = store.readsSent().then(() => get('/mentions', query));
    try {
      const page = await request;
      if (request !== asked) return;
      items = [...after ? items : [], ...page.items];
      cursor = page.next_cursor;
      failure = '';
    } catch (error) {
      if (request !== asked) return;
      failure = explain(error);
    }
    render();
  }

  function render() {
    reconcile(list, (items ?? []).map(({ message, is_unread: isUnread }) => {
      const text = summary(message);
      return foundMessage(opening, message, [text, isUnread], text, isUnread && h('span', { class: 'badge', 'aria-label': t('mentions.isUnread') }, '@'));
    }));
    more.hidden = !cursor;
    const isWaiting = !items && !failure;
    note.classList.toggle('loading', isWaiting);
    note.textContent = failure || (isWaiting ? t('chats.loading') : items.length || cursor ? '' : t(isUnreadOnly() ? 'mentions.noneUnread' : 'mentions.none'));
  }

  function filter() {
    unread.setAttribute('aria-pressed', String(!isUnreadOnly()));
    load();
  }

  /** A mention has come, or some were read on another device. */
  function changed() {
    render();
    if (store.unreadMentions === count) return;
    count = store.unreadMentions;
    load();
  }

  store.addEventListener('change', changed);
  element.addEventListener('close', () => store.removeEventListener('change', changed));
  render();
  load();
}

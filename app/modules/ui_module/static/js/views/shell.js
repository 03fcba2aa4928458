// The two halves of the page. A phone shows one of them.

import { showBadge } from '../badge.js';
import { h } from '../dom.js';
import { t } from '../i18n.js';
import { Conversation } from './conversation.js';
import { closeDialogs } from './dialogs.js';
import { refuseDrops } from './drops.js';
import { Sidebar } from './sidebar.js';
import { followProgress } from './uploadList.js';

export class Shell {
  constructor(context) {
    this.context = {
      ...context,
      openChat: (id, seq = null) => this.openChat(id, seq),
      backToList: () => this.backToList(),
      searchIn: (id) => { if (isNarrow()) this.openChat(null); this.sidebar.searchIn(id); },
    };
    this.listeners = new AbortController();
    const { signal } = this.listeners;
    this.sidebar = new Sidebar(this.context);
    this.place = h('div', { class: 'place' });
    this.element = h('main', { class: 'shell' }, h('h1', { class: 'visually-hidden' }, t('app.name')), this.sidebar.element, this.place);
    context.store.addEventListener('change', () => this.update(), { signal });
    context.store.addEventListener('applied', ({ detail: { chat } }) => this.conversation?.isReadBack(chat) || context.store.forgetOldest(chat), { signal });
    followProgress(context.uploads, signal);
    if (context.uploads) refuseDrops(signal);
    addEventListener('hashchange', () => {
      // The browser has gone back or forward to another chat, which they would cover.
      if (this.chatId !== (this.conversation?.id ?? '')) closeDialogs();
      this.update();
    }, { signal });
    addEventListener('focus', () => this.conversation?.update(), { signal });
    addEventListener('keydown', (event) => {
      // In a layout without Latin letters the key stays where it is.
      const isK = /^[a-z]$/.test(event.key) ? event.key === 'k' : event.code === 'KeyK';
      if (!isK || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      event.preventDefault();
      if (isNarrow()) this.openChat(null);
      this.sidebar.search.focus();
    }, { signal });
  }

  get chatId() {
    return location.hash.startsWith('#/') ? location.hash.slice(2).split('/')[0] : '';
  }

  /** Opens a chat, at a message if `seq` is given. The hash `#/<chat>/<seq>` does the same. */
  openChat(id, seq) {
    const hash = id ? `#/${id}${seq ? `/${seq}` : ''}` : '#/';
    // The same message again: the hash does not change, so there is no event.
    if (seq && location.hash === hash) this.conversation?.goTo(seq);
    // Each entry of the history says how many are after the one of the list.
    const afterList = this.chatId ? history.state?.afterList + 1 : 1;
    if (location.hash !== hash) history.pushState({ afterList }, '', hash);
    this.update();
  }

  /** Goes back to the list. A chat that was opened by its address has none before it: the list takes its place. */
  backToList() {
    const { afterList } = history.state ?? {};
    if (afterList) history.go(-afterList);
    else {
      history.replaceState(null, '', '#/');
      this.update();
    }
  }

  /** Scrolls to the message in the hash, once for each change of the hash. */
  goToSeq() {
    const seq = Number(location.hash.split('/')[2]);
    if (this.shownHash === location.hash) return;
    this.shownHash = location.hash;
    if (seq > 0) this.conversation?.goTo(seq);
  }

  update() {
    const { store } = this.context;
    const chat = store.chats.get(this.chatId);
    const before = this.conversation?.id;
    const isOther = before !== chat?.id || !this.place.firstElementChild;
    const losesFocus = isOther && isNarrow() && this.element.contains(document.activeElement);
    if (isOther) {
      this.conversation?.unmount();
      this.conversation = chat ? new Conversation(this.context, chat.id) : null;
      this.place.replaceChildren(this.conversation?.element ?? (store.me ? nothingChosen() : ''));
      this.element.classList.toggle('has-chat', Boolean(chat));
      this.conversation?.begin();
    }
    this.sidebar.update(chat?.id ?? null);
    this.conversation?.update();
    // It was in the half that is hidden now.
    if (losesFocus) {
      if (!chat) this.sidebar.focusOn(before);
      else if (!this.place.contains(document.activeElement)) this.conversation.timeline.focus();
    }
    if (chat) this.goToSeq();
    const { unread } = store;
    document.title = `${unread ? `(${unread}) ` : ''}${chat ? `${store.title(chat)} · ` : ''}${t('app.name')}`;
    if (store.me) showBadge(store.unreadChats);
  }

  /** Reads what signals have announced without a connection, for what is in view. */
  readMissedSignals() {
    this.context.store.readMissedSignals(this.conversation?.chat);
    this.sidebar.watchAgain();
  }

  unmount() {
    this.listeners.abort();
    this.conversation?.unmount();
  }
}

/** Returns true if the page shows one half at a time. */
const isNarrow = () => matchMedia('(max-width: 720px)').matches;

function nothingChosen() {
  return h('div', { class: 'nothing' },
    h('img', { src: '/ui/icon.svg', alt: '', width: 64, height: 64 }),
    h('h2', {}, t('chats.choose')),
    h('p', {}, t('chats.chooseHint')));
}

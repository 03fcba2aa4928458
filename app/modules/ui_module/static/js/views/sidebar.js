// The sidebar: chats by activity, the search for accounts and messages, and the button of the settings.

import { get, has } from '../api.js';
import { avatar, botMark, debounced, h, icon, iconButton, isComposing, reconcile, skeleton } from '../dom.js';
import { isMuted } from '../chat.js';
import { shortMoment, t } from '../i18n.js';
import { shortened, summary } from '../summary.js';
import { attempt } from './forms.js';
import { MentionsButton } from './mentions.js';
import { newChatDialog } from './newChat.js';
import { MessageSearch } from './search.js';
import { settingsDialog } from './settings.js';
import { threadsDialog } from './thread.js';

export class Sidebar {
  constructor(context) {
    this.context = context;
    this.found = null;
    this.search = h('input', {
      type: 'search', id: 'search', placeholder: t('chats.search'), autocomplete: 'off', maxlength: 100,
      on: {
        input: () => { this.found = null; this.messages.forget(); this.update(); this.findSoon(); },
        keydown: (event) => event.key === 'Escape' && !isComposing(event) && this.search.value && this.clear(event),
      },
    });
    this.inView = new IntersectionObserver((rows) => {
      for (const { target, isIntersecting } of rows) if (isIntersecting) context.store.readPresence(target.chat);
    });
    this.findSoon = debounced(() => { this.find(); this.messages.find(); }, 200);
    this.messages = new MessageSearch({ ...context, changed: () => this.update() }, () => this.search.value.trimStart() && this.search.value);
    this.state = h('p', { class: 'state', role: 'status' });
    this.chats = h('ul', { class: 'chat-list', 'aria-label': t('chats.title') });
    this.people = h('ul', { class: 'chat-list', 'aria-label': t('chats.found') });
    this.peopleTitle = h('h3', { hidden: true }, t('chats.found'));
    this.hint = h('p', { class: 'hint' });
    this.own = h('button', { type: 'button', class: 'own', hidden: true, 'aria-haspopup': 'dialog', title: t('settings.title'), on: { click: () => settingsDialog(context) } });
    this.mentions = new MentionsButton(context);
    this.element = h('div', { class: 'sidebar', on: { keydown: moveBetweenItems } },
      h('header', { class: 'bar' },
        h('div', { class: 'bar-text' }, h('h2', {}, t('chats.title')), this.state),
        this.mentions.element,
        has('threads') && iconButton('thread', t('threads.followed'), () => threadsDialog(context)),
        iconButton('plus', t('chats.new'), () => newChatDialog(context))),
      h('div', { class: 'search' }, icon('search'), h('label', { class: 'visually-hidden', for: 'search' }, t('chats.search')), this.search),
      this.messages.filters,
      h('nav', { class: 'scroll', 'aria-label': t('chats.title') }, this.chats, this.peopleTitle, this.people, this.messages.title, this.messages.list, this.messages.note, this.messages.more, this.hint),
      h('footer', { class: 'bar low' }, this.own));
  }

  update(chosen = this.chosen) {
    const { store, connection } = this.context;
    this.chosen = chosen;
    this.state.textContent = t(`state.${connection.state}`);
    this.state.dataset.state = connection.state;
    if (!store.me) {
      const isOffline = connection.state === 'offline';
      this.hint.textContent = isOffline ? t('error.unreachable') : '';
      if (isOffline) this.chats.replaceChildren();
      else if (!this.chats.firstChild) this.chats.append(skeleton('chats', 6));
      return;
    }
    const { avatar: image } = store.person(store.me.id);
    const own = JSON.stringify([store.me.display_name, image]);
    if (this.shownOwn !== own) {
      this.shownOwn = own;
      this.own.hidden = false;
      this.own.replaceChildren(avatar(store.me.display_name, store.me.id, { small: true, image }), h('span', { dir: 'auto' }, store.me.display_name), icon('settings'), h('span', { class: 'visually-hidden' }, t('settings.title')));
    }
    this.mentions.update();
    const query = this.search.value.trim().toLocaleLowerCase();
    const chats = store.list.filter((chat) => !query || store.title(chat).toLocaleLowerCase().includes(query));
    reconcile(this.chats, chats.map((chat) => this.chatRow(chat)));
    const known = new Set(chats.map((chat) => store.peer(chat)?.id));
    const people = query ? (this.found ?? []).filter((person) => person.id !== store.me.id && !known.has(person.id)) : [];
    reconcile(this.people, people.map((person) => this.personRow(person)));
    this.peopleTitle.hidden = people.length === 0;
    this.messages.update(chosen);
    const isEmpty = chats.length === 0 && people.length === 0 && !(query && this.messages.isAvailable);
    this.hint.classList.toggle('loading', isEmpty && Boolean(query) && !this.found);
    this.hint.textContent = !isEmpty ? '' : !query ? t('chats.none') : this.found ? t('chats.nothing') : t('chats.loading');
  }

  chatRow(chat) {
    const { store, sendQueue, openChat } = this.context;
    const name = store.title(chat);
    const peer = store.peer(chat);
    const isChosen = chat.id === this.chosen;
    const last = sendQueue?.of(chat.id).at(-1) ?? chat.last_message;
    const when = shortMoment(new Date(last?.created_at ?? chat.created_at));
    const shown = { name, image: store.avatar(chat), isOnline: store.isOnline(peer), typ: peer?.typ, isChosen, when, preview: this.preview(chat, last, isChosen), unread: chat.unread_count, mentions: chat.unread_mention_count ?? 0, isMuted: isMuted(chat), settings: chat.settings, typing: chat.typing.size };
    return {
      key: chat.id,
      signature: JSON.stringify(shown),
      build: () => this.watched(chat, h('li', {},
        h('button', { type: 'button', class: 'chat-item', 'aria-current': isChosen ? 'page' : null, on: { click: () => openChat(chat.id) } },
          avatar(name, peer?.id ?? chat.id, { online: shown.isOnline, image: shown.image }),
          h('span', { class: 'chat-text' },
            h('span', { class: 'line' },
              h('strong', { dir: 'auto' }, chat.type === 'channel' && icon('channel'), name),
              botMark(peer),
              shown.isMuted && icon('muted'),
              chat.settings?.is_pinned && icon('pin'),
              chat.settings?.is_archived && h('small', {}, t('chats.archived')),
              h('time', {}, when)),
            h('span', { class: 'line' },
              shown.typing ? h('span', { class: 'preview typing' }, t('chat.typingDirect')) : h('span', { class: 'preview', dir: 'auto' }, shown.preview),
              shown.mentions > 0 && h('span', { class: 'badge', 'aria-label': t('mentions.unread', { n: shown.mentions }) }, '@'),
              shown.unread > 0 && h('span', { class: shown.isMuted ? 'badge quiet' : 'badge', 'aria-label': t('chats.unread', { n: shown.unread }) }, shown.unread > 999 ? '999+' : String(shown.unread))))))),
    };
  }

  /** Returns the row of a chat. When it comes into view, presence is read. */
  watched(chat, row) {
    row.chat = chat;
    this.inView.observe(row);
    return row;
  }

  /** Reads presence where it is unknown, for the rows in view now, and for others when they come into view. */
  watchAgain() {
    this.inView.disconnect();
    for (const row of this.chats.children) this.inView.observe(row);
  }

  preview(chat, last, isChosen) {
    const { store } = this.context;
    if (chat.draft.trim() && !isChosen) return t('chats.draft', { text: shortened(chat.draft) });
    if (!last) return chat.description || t('chats.empty');
    const text = summary(last);
    if (!last.sender_id || store.hasWritten(last)) return t('chats.you', { text });
    const isNamed = chat.type === 'group' || (chat.type === 'direct' && last.via_hook);
    return isNamed ? t('chats.by', { name: store.author(last).display_name, text }) : text;
  }

  personRow(person) {
    return {
      key: person.id,
      signature: JSON.stringify(person),
      build: () => h('li', {},
        h('button', { type: 'button', class: 'chat-item', on: { click: () => this.talkTo(person) } },
          avatar(person.display_name, person.id, { online: person.online, image: person.avatar }),
          h('span', { class: 'chat-text' },
            h('span', { class: 'line' }, h('strong', { dir: 'auto' }, person.display_name), botMark(person)),
            h('span', { class: 'line' }, h('span', { class: 'preview' }, `@${person.username}`))))),
    };
  }

  /** Moves the focus to a chat in the list. */
  focusOn(chatId) {
    this.chats.querySelector(`[data-key="${chatId}"] .chat-item`)?.focus();
  }

  /** Limits the search to one chat, and moves the focus to the search field. */
  searchIn(chatId) {
    this.messages.narrow(chatId);
    this.search.focus();
    this.search.select();
  }

  clear(event) {
    event?.preventDefault();
    this.search.value = '';
    this.found = null;
    this.messages.reset();
    this.update();
  }

  async find() {
    const query = this.search.value.trim();
    if (!query) return;
    await attempt(async () => {
      const { items } = await get('/accounts', { query, limit: 20 });
      if (query === this.search.value.trim()) this.found = items;
    });
    this.update();
  }

  talkTo(person) {
    const { store, openChat } = this.context;
    return attempt(async () => {
      store.people.store(person);
      const id = await store.createChat({ type: 'direct', member_ids: [person.id] });
      this.search.value = '';
      this.found = null;
      openChat(id);
    });
  }
}

/** Moves the focus between the items of the lists by arrow keys. */
function moveBetweenItems(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const items = [...event.currentTarget.querySelectorAll('input[type=search], .chat-item')];
  const next = items[items.indexOf(document.activeElement) + step];
  if (!next || !items.includes(document.activeElement)) return;
  event.preventDefault();
  next.focus();
}

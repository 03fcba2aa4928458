// One chat: its header, its messages and the form for writing.

import { has } from '../api.js';
import { announce, avatar, botMark, h, icon, iconButton, isComposing } from '../dom.js';
import { shortMoment, t } from '../i18n.js';
import { summary } from '../summary.js';
import { Composer } from './composer.js';
import { takeDrops } from './drops.js';
import { membersDialog } from './members.js';
import { Pins } from './pins.js';
import { Timeline } from './timeline.js';

export class Conversation {
  constructor(context, id) {
    this.context = context;
    this.id = id;
    this.composer = new Composer(context, id, () => this.timeline.toEnd());
    this.pins = new Pins(context, id, (seq) => this.goTo(seq));
    this.timeline = new Timeline(context, id, this.composer, this.pins);
    this.head = h('div', { class: 'peer' });
    this.state = h('p', { class: 'banner', role: 'status' });
    this.element = h('section', { class: 'conversation' },
      h('header', { class: 'bar' },
        iconButton('back', t('chat.back'), () => context.backToList(), { class: 'icon-button back' }),
        this.head,
        has('search') && iconButton('search', t('search.inChat'), () => context.searchIn(id)),
        iconButton('members', t('members.title'), () => membersDialog(context, this.chat))),
      this.state,
      this.pins.element,
      this.timeline.element,
      this.composer.element);
    if (context.uploads) takeDrops(this.element, (files) => this.composer.attach(files), () => this.composer.mayAttach);
    this.listeners = new AbortController();
    const { signal } = this.listeners;
    context.store.addEventListener('applied', ({ detail }) => this.applied(detail), { signal });
    document.addEventListener('visibilitychange', () => this.update(), { signal });
    this.element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !isComposing(event) && !event.defaultPrevented) this.composer.cancel();
    });
  }

  get chat() {
    return this.context.store.chats.get(this.id);
  }

  /** Returns true if a chat is this one, and the user reads older messages of it. */
  isReadBack(chat) {
    return chat.id === this.id && !this.timeline.isAtEnd;
  }

  begin() {
    this.context.store.forgetOldest(this.chat);
    this.context.store.readSignalled(this.chat);
    this.timeline.begin();
    this.composer.begin();
    if (!matchMedia('(pointer: coarse)').matches) this.composer.focus();
  }

  /** Scrolls to a message, once the chat is loaded. */
  goTo(seq) {
    this.timeline.goTo(seq);
  }

  unmount() {
    this.listeners.abort();
    this.composer.unmount();
  }

  update() {
    const { chat } = this;
    if (!chat) return;
    const { store, connection } = this.context;
    const name = store.title(chat);
    const peer = store.peer(chat);
    const subtitle = this.subtitle(chat, peer);
    const online = store.isOnline(peer);
    const image = store.avatar(chat);
    const signature = JSON.stringify([name, peer?.typ, online, subtitle, image]);
    if (signature !== this.signature) {
      this.signature = signature;
      this.element.setAttribute('aria-label', name);
      this.head.replaceChildren(
        avatar(name, peer?.id ?? chat.id, { online, image }),
        h('div', { class: 'bar-text' },
          h('div', { class: 'line' }, h('h2', { dir: 'auto' }, chat.type === 'channel' && icon('channel'), name), botMark(peer)),
          h('p', { class: chat.typing.size ? 'typing' : '' }, subtitle)));
    }
    this.state.hidden = connection.state === 'online';
    this.state.textContent = t(connection.state === 'offline' ? 'state.offlineHint' : 'state.connecting');
    this.pins.update();
    this.composer.update();
    this.timeline.update();
  }

  subtitle(chat, peer) {
    const { store } = this.context;
    const typing = [...chat.typing.keys()].map((id) => store.person(id).display_name);
    if (typing.length && peer) return t('chat.typingDirect');
    if (typing.length) return t(typing.length > 1 ? 'chat.typingMany' : 'chat.typing', { names: typing.slice(0, 3).join(', ') });
    if (chat.type === 'channel') return t('chat.subscribers', { n: chat.member_count });
    if (chat.type === 'group') return t('chat.members', { n: chat.member_count });
    if (!peer) return '';
    if (peer.online) return store.isOnline(peer) ? t('chat.online') : '';
    return peer.last_seen_at ? t('chat.lastSeen', { when: shortMoment(new Date(peer.last_seen_at)) }) : t('chat.offline');
  }

  applied({ chat, event }) {
    if (chat.id !== this.id) return;
    this.pins.applied(event);
    this.announce(event);
  }

  announce({ kind, data }) {
    const { store } = this.context;
    if (kind !== 'message.created' || store.hasWritten(data) || data.deleted_at) return;
    announce(t('message.announced', { name: store.author(data).display_name, text: summary(data) }));
  }
}

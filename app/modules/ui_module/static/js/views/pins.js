// The pinned messages of a chat: a bar that leads to them one after the other, and pinning by the message's menu.

import { call, getAll, has } from '../api.js';
import { h, icon } from '../dom.js';
import { t } from '../i18n.js';
import { summary } from '../summary.js';
import { attempt } from './forms.js';

export class Pins {
  /** The bar stays hidden if the server does not have pins. */
  constructor(context, id, goTo) {
    this.context = context;
    this.id = id;
    this.items = [];
    this.place = 0;
    this.text = h('span', { dir: 'auto' });
    this.count = h('span', { class: 'badge' });
    this.element = h('button', {
      type: 'button', class: 'pins', hidden: true, title: t('pins.show'),
      on: { click: () => this.next(goTo) },
    }, icon('pin'), h('strong', {}, t('pins.title')), this.text, this.count);
  }

  get chat() {
    return this.context.store.chats.get(this.id);
  }

  get mayPin() {
    const { chat } = this;
    return has('pins') && (chat.type === 'direct' || chat.role === 'owner' || chat.role === 'admin');
  }

  has(seq) {
    return this.items.some(({ message }) => message.seq === seq);
  }

  update() {
    const isOnline = this.context.connection.state === 'online';
    // Each new connection reads them again: the events may be missing.
    if (has('pins') && isOnline && !this.wasOnline) this.load();
    this.wasOnline = isOnline;
    const shown = this.items[this.place];
    this.element.hidden = !shown;
    if (!shown) return;
    this.text.textContent = summary(shown.message);
    this.count.textContent = String(this.items.length);
    this.count.hidden = this.items.length === 1;
  }

  /** Reads the pins again after an event that changes them. */
  applied({ kind, data }) {
    if (kind === 'message.pinned' || kind === 'message.unpinned' || (kind === 'message.edited' && this.has(data.seq))) this.load();
  }

  async load() {
    const loading = getAll(`/chats/${this.id}/pins`);
    this.loading = loading;
    try {
      const items = await loading;
      // A later event has begun another request.
      if (this.loading !== loading) return;
      Object.assign(this, { items, place: 0 });
      this.update();
    } catch {
      // The next connection reads them.
    }
  }

  next(goTo) {
    const { message } = this.items[this.place];
    this.place = (this.place + 1) % this.items.length;
    goTo(message.seq);
    this.update();
  }

  toggle(seq) {
    return attempt(() => call(this.has(seq) ? 'DELETE' : 'PUT', `/chats/${this.id}/pins/${seq}`));
  }
}

// The messages of a chat. Scrolling up loads older ones, and messages in view count as read.

import { h, iconButton, reconcile, skeleton, toast } from '../dom.js';
import { day, explain, t } from '../i18n.js';
import { messageRow, pendingRow } from './message.js';

const NEAR_PX = 80;
const FAR_PX = 600;
const GROUP_WITHIN_MS = 5 * 60_000;

export class Timeline {
  constructor(context, id, composer, pins) {
    this.context = context;
    this.id = id;
    this.composer = composer;
    this.pins = pins;
    this.isAtEnd = true;
    this.rows = h('ol', { class: `rows ${this.chat.type}` });
    this.note = h('div', { class: 'note' });
    this.scroller = h('div', { class: 'scroller', tabindex: 0, role: 'region', 'aria-label': t('chat.messages'), on: { scroll: () => this.scrolled() } }, this.note, this.rows);
    this.count = h('span', { class: 'badge', hidden: true });
    this.jump = iconButton('down', t('chat.toEnd'), () => this.toEnd(), { class: 'icon-button jump', hidden: true });
    this.jump.append(this.count);
    this.element = h('div', { class: 'timeline' }, this.scroller, this.jump);
    new ResizeObserver(() => this.chat && this.isAtEnd && this.scrollToEnd()).observe(this.scroller);
  }

  get chat() {
    return this.context.store.chats.get(this.id);
  }

  async begin() {
    const { chat } = this;
    // The start of the unread messages stays marked until the user leaves the chat.
    this.newFrom = chat.unread_count > 0 ? chat.read_seq + 1 : null;
    this.hasFailed = this.isPlaced = false;
    const opening = this.opening = this.context.store.open(chat);
    const hasFailed = await opening.then(() => false, () => true);
    // A later call waits for the same load, or for the next one.
    if (opening !== this.opening) return;
    this.opening = null;
    this.hasFailed = hasFailed;
    this.update();
  }

  update() {
    const { chat } = this;
    if (!chat) return;
    const isOnline = this.context.connection.state === 'online';
    // Each new connection tries again to load what has failed. Another part of the page may have loaded it.
    if (chat.isLoaded || (isOnline && !this.wasOnline)) this.hasFailed = false;
    this.wasOnline = isOnline;
    this.updateNote(chat);
    if (!chat.isLoaded) {
      if (!chat.loading && !this.opening && !this.hasFailed) this.begin();
      return;
    }
    // Another load may end before the one that this chat opens with.
    if (this.goal || (this.opening && !this.isPlaced)) return;
    const scrollBack = !this.isAtEnd && this.noteVisible();
    reconcile(this.rows, this.describe(chat));
    if (!this.isPlaced) this.place();
    else if (this.isAtEnd) this.scrollToEnd();
    else scrollBack();
    this.scrolled();
  }

  /** Returns a function that puts the visible messages back where they are now, whatever has changed above them. */
  noteVisible() {
    const { scroller, rows } = this;
    const { top, bottom } = scroller.getBoundingClientRect();
    const first = [...rows.querySelectorAll('.message')].find((row) => row.getBoundingClientRect().bottom > top);
    if (!first) return () => {};
    // The end of a message stays, and so do those below it. Of a message that fills the view, the beginning does.
    const edge = first.getBoundingClientRect().bottom < bottom ? 'bottom' : 'top';
    const place = first.getBoundingClientRect()[edge];
    return () => {
      const row = rows.querySelector(`[data-key="${first.dataset.key}"]`);
      if (row) scroller.scrollTop += row.getBoundingClientRect()[edge] - place;
    };
  }

  updateNote(chat) {
    const state = this.hasFailed ? 'chat.failed' : !chat.isLoaded || chat.loading ? 'chats.loading' : chat.hasBefore ? null : 'chat.begin';
    if (this.noteState === state) return;
    this.noteState = state;
    const isFirst = state === 'chats.loading' && !chat.isLoaded;
    this.note.replaceChildren(...isFirst ? [skeleton('messages', 7)] : state ? [h('p', { class: state === 'chats.loading' ? 'loading' : '' }, t(state))] : []);
    if (state === 'chat.failed') this.note.append(h('button', { type: 'button', class: 'button', on: { click: () => this.begin() } }, t('chat.retry')));
  }

  describe(chat) {
    const rows = [];
    let before = null;
    const add = (message, row) => {
      const date = new Date(message.created_at);
      const today = date.toDateString();
      const isNewDay = !before || before.day !== today;
      const isNew = message.seq === this.newFrom;
      // An unsent message may be older than those before it, so that a day has two dividers.
      if (isNewDay) rows.push({ key: `d${message.seq ?? message.client_msg_id}`, signature: day(date), build: () => h('li', { class: 'divider' }, h('span', {}, day(date))) });
      if (isNew) rows.push({ key: 'new', signature: '', build: () => h('li', { class: 'divider new' }, h('span', {}, t('chat.newMessages'))) });
      const { id, display_name: name } = this.context.store.author(message);
      const isFirst = isNewDay || isNew || before.id !== id || before.name !== name || date - before.date > GROUP_WITHIN_MS;
      rows.push(row(isFirst));
      before = { day: today, id, name, date };
    };
    const actions = { composer: this.composer, pins: this.pins, readMessages: () => [...chat.messages.values()], goTo: (seq) => this.goTo(seq) };
    for (const message of chat.messages.values()) add(message, (isFirst) => messageRow(this.context, chat, message, isFirst, actions));
    // Unsent messages follow the newest message, if that is loaded.
    for (const item of (!chat.hasAfter && this.context.sendQueue?.of(chat.id)) || []) {
      add({ ...item, sender_id: this.context.store.me.id }, (isFirst) => pendingRow(this.context, chat, item, isFirst));
    }
    return rows;
  }

  /** Scrolls to the start of the unread messages at first, or to the end. */
  place() {
    this.isPlaced = true;
    const divider = this.rows.querySelector('.divider.new');
    this.scrollToEnd();
    if (divider && divider.offsetTop < this.scroller.scrollTop) {
      this.scroller.scrollTop = divider.offsetTop - NEAR_PX;
      this.isAtEnd = false;
    }
  }

  focus() {
    this.scroller.focus({ preventScroll: true });
  }

  /** Scrolls to the newest messages, and loads them if necessary. */
  async toEnd() {
    const { chat } = this;
    if (chat.hasAfter) {
      try {
        await this.context.store.loadNewest(chat);
        this.update();
      } catch (error) {
        toast(explain(error));
        return;
      }
    }
    this.scrollToEnd();
  }

  scrollToEnd() {
    this.isAtEnd = !this.chat.hasAfter;
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  scrolled() {
    const { chat, scroller } = this;
    if (!chat?.isLoaded || !this.isPlaced) return;
    const below = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
    this.isAtEnd = below < NEAR_PX && !chat.hasAfter;
    // A hidden button cannot keep the focus.
    if (this.isAtEnd && document.activeElement === this.jump) this.focus();
    this.jump.hidden = this.isAtEnd;
    this.count.hidden = chat.unread_count === 0;
    this.count.textContent = String(chat.unread_count);
    if (scroller.scrollTop < FAR_PX && chat.hasBefore && !chat.loading && !this.pauses) this.load(() => this.context.store.loadOlder(chat));
    else if (below < FAR_PX && chat.hasAfter && !chat.loading && !this.pauses) this.load(() => this.context.store.loadNewer(chat));
    this.see(chat);
  }

  async load(read) {
    try {
      await read();
    } catch (error) {
      // Do not retry at each scroll event.
      this.pauses = true;
      setTimeout(() => { this.pauses = false; }, 2000);
      toast(explain(error));
    }
  }

  see(chat) {
    if (document.visibilityState !== 'visible' || !document.hasFocus() || chat.unread_count === 0) return;
    const end = this.scroller.scrollTop + this.scroller.clientHeight;
    const seen = [...this.rows.querySelectorAll('.message[data-seq]')].findLast((row) => row.offsetTop + Math.min(row.offsetHeight, NEAR_PX) <= end);
    if (seen) this.context.store.see(chat, Number(seen.dataset.seq));
  }

  /** Shows a message among those around it. Loads them if necessary. */
  async goTo(seq) {
    const { chat } = this;
    // Nothing else is shown meanwhile, so that nothing counts as read.
    this.goal = seq;
    try {
      await this.opening;
      if (!chat.messages.has(seq)) await this.context.store.loadAround(chat, seq);
    } catch (error) {
      toast(explain(error));
    }
    if (this.goal !== seq) return;
    this.goal = null;
    this.isPlaced = true;
    this.isAtEnd = false;
    this.update();
    const row = this.rows.querySelector(`[data-seq="${seq}"]`);
    if (!row) return;
    this.isAtEnd = false;
    row.scrollIntoView({ block: 'center' });
    row.classList.add('pointed');
    setTimeout(() => row.classList.remove('pointed'), 1800);
  }
}

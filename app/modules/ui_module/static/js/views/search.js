// The search for messages: its filters, and its results, which open the message in its chat.

import { get, has } from '../api.js';
import { h, reconcile } from '../dom.js';
import { explain, t } from '../i18n.js';
import { plainUnits } from '../richText.js';
import { summary } from '../summary.js';
import { foundMessage } from './foundMessage.js';

const PAGE = 20;
const BEFORE_HIT = 30;
const LONGEST = 160;
const HALF_A_PAIR = /^[\udc00-\udfff]/;

export class MessageSearch {
  /** `readWords` returns the text of the search field. The search is hidden if the server does not have its module. */
  constructor(context, readWords) {
    this.context = context;
    this.readWords = readWords;
    this.isAvailable = has('search');
    this.inChat = null;
    this.forget();
    this.onlyHere = h('button', { type: 'button', class: 'only-here', hidden: true, on: { click: () => this.narrow(this.inChat ? null : this.chosen) } });
    const choice = (name, values) => h('select', { name, on: { change: () => this.find() } }, values.map((value) => h('option', { value }, t(`search.${name}.${value || 'any'}`))));
    const day = (name) => h('input', { type: 'date', name, on: { change: () => this.find() } });
    const field = (name, input) => h('label', {}, h('span', {}, t(`search.${name}`)), input);
    this.form = h('form', { class: 'filter-fields', on: { submit: (event) => event.preventDefault() } },
      field('has', choice('has', ['', ...has('attachments') ? ['file'] : [], 'link', ...has('entities') ? ['mention'] : []])), field('order', choice('order', ['newest', 'relevant'])),
      field('after', day('after')), field('before', day('before')));
    this.folding = h('summary');
    this.filters = h('div', { class: 'filters', hidden: true }, this.onlyHere, h('details', {}, this.folding, this.form));
    this.title = h('h3', { hidden: true }, t('search.messages'));
    this.list = h('ul', { class: 'chat-list', 'aria-label': t('search.messages') });
    this.note = h('p', { class: 'hint', role: 'status' });
    this.more = h('button', { type: 'button', class: 'button plain wide', hidden: true, on: { click: () => this.find(this.cursor) } }, t('search.more'));
  }

  /** Forgets the results, and the search that is under way: its answer would be for other words. */
  forget() {
    Object.assign(this, { items: null, cursor: null, statusText: '', asked: null });
  }

  /** Forgets what the search is limited to, too. */
  reset() {
    this.forget();
    this.inChat = null;
    this.form.reset();
  }

  /** Searches one chat, or all chats for null. */
  narrow(chatId) {
    this.inChat = chatId;
    this.find();
  }

  update(chosen) {
    const { store } = this.context;
    this.chosen = chosen;
    if (this.inChat && !store.chats.has(this.inChat)) this.inChat = null;
    const words = this.readWords();
    const chat = store.chats.get(this.inChat ?? chosen);
    this.filters.hidden = !this.isAvailable || !(words || this.inChat);
    this.onlyHere.hidden = !chat;
    if (chat) {
      this.onlyHere.setAttribute('aria-pressed', String(Boolean(this.inChat)));
      this.onlyHere.replaceChildren(h('span', {}, t('search.in', { name: store.title(chat) })), this.inChat ? h('span', {}, ' ×') : '');
    }
    const n = ['has', 'after', 'before'].filter((name) => this.form.elements[name].value).length;
    this.folding.textContent = n ? t('search.filtersSet', { n }) : t('search.filters');
    const items = words && this.isAvailable ? this.items ?? [] : [];
    reconcile(this.list, items.map((item) => this.row(item)));
    this.title.hidden = items.length === 0;
    this.more.hidden = !words || !this.cursor;
    const isWaiting = Boolean(words) && this.isAvailable && this.items === null && !this.statusText;
    this.note.classList.toggle('loading', isWaiting);
    this.note.textContent = !words ? '' : isWaiting ? t('chats.loading') : this.statusText;
  }

  /** Searches for the current words. With a cursor, loads the next page. */
  async find(cursor = null) {
    const words = this.readWords();
    if (!words || !this.isAvailable) return this.context.changed();
    const { after, before, ...others } = Object.fromEntries(new FormData(this.form));
    const filters = { ...others, after: startOf(after), before: startOf(before) };
    if (!cursor) this.forget();
    const asked = this.asked = {};
    this.context.changed();
    try {
      const page = await get('/search/messages', { q: words, chat_id: this.inChat, ...filters, cursor, limit: PAGE });
      if (asked !== this.asked) return;
      this.items = [...cursor ? this.items : [], ...page.items];
      this.cursor = page.next_cursor;
      this.statusText = page.truncated && this.cursor ? t('search.partial') : this.items.length ? '' : t('search.nothing');
    } catch (error) {
      if (asked !== this.asked) return;
      this.items ??= [];
      this.statusText = error.code === 'search_building' ? t('search.building') : error.status === 422 ? t('search.nothing') : explain(error);
    }
    this.context.changed();
  }

  row({ message, highlights }) {
    const text = message.text || summary(message);
    const entities = message.text ? message.entities ?? [] : [];
    return foundMessage(this.context, message, [text, highlights, entities], marked(text, highlights, plainUnits(text, entities)));
  }
}

/** Returns the time at which a day begins for the user. The server would take a day for one of UTC. */
function startOf(day) {
  const time = new Date(`${day}T00:00`);
  return Number.isNaN(time.getTime()) ? day : time.toISOString();
}

/** Returns what is shown of a text around its first hit, with the hits marked. Offsets count UTF-16 code units. */
function marked(text, highlights, shown) {
  const part = (from, to) => shown.slice(from, to).join('');
  const afterPair = (at) => (HALF_A_PAIR.test(text[at]) ? at + 1 : at);
  let start = Math.max(0, (highlights[0]?.offset ?? 0) - BEFORE_HIT);
  // Cut neither a word nor a surrogate pair.
  if (start > 0) start = text.lastIndexOf(' ', start + 15) > start - 15 ? text.lastIndexOf(' ', start + 15) + 1 : start;
  start = afterPair(start);
  if (highlights[0] && start > highlights[0].offset) start = highlights[0].offset;
  const end = afterPair(start + LONGEST);
  const parts = [start > 0 ? '…' : ''];
  let at = start;
  for (const { offset, length } of highlights) {
    if (offset >= end) break;
    parts.push(part(at, offset), h('mark', {}, part(offset, offset + length)));
    at = offset + length;
  }
  parts.push(part(at, Math.max(end, at)), text.length > end ? '…' : '');
  return parts;
}

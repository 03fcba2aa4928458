// Threads: the replies to one message, and the list of those that the user follows.

import { call, get, has } from '../api.js';
import { applyToMessages } from '../chat.js';
import { grow, h, iconButton, isComposing, reconcile } from '../dom.js';
import { shortMoment, t } from '../i18n.js';
import { local } from '../storage.js';
import { summary } from '../summary.js';
import { textFormat } from '../textFormat.js';
import { lengthError } from '../textLength.js';
import { dialog } from './dialogs.js';
import { attempt } from './forms.js';
import { messageRow, pendingRow } from './message.js';

const PAGE = 50;

/** Creates the line below a message that leads to its thread. */
export function threadLink(context, chat, message) {
  const { thread, root_seq: rootSeq, seq } = message;
  if (!has('threads') || !(thread || rootSeq)) return null;
  const label = thread ? t('threads.replies', { n: thread.reply_count }) : t('threads.inThread');
  return h('button', { type: 'button', class: 'thread-link', on: { click: () => threadDialog(context, chat, rootSeq ?? seq) } }, label);
}

export function threadDialog(context, chat, rootSeq) {
  const { store, sendQueue, blocks } = context;
  const path = `/chats/${chat.id}/threads/${rootSeq}`;
  const messages = new Map();
  // Empty until it is read.
  const root = new Map();
  let hasBefore = false;
  let loads = 0;
  let eventsDuringLoad = [];
  let marked = null;
  const returns = () => markRead().catch(() => {});
  const rows = h('ol', { class: `rows thread ${chat.type}` });
  const older = h('button', { type: 'button', class: 'button plain wide', hidden: true, on: { click: () => attempt(() => load({ before_seq: messages.keys().next().value })) } }, t('threads.older'));
  const scroller = h('div', { class: 'thread-scroll', tabindex: 0, role: 'region', 'aria-label': t('chat.messages') }, older, rows);
  // What is not sent stays in this browser.
  const key = `messenger.thread.${store.me.id}.${chat.id}.${rootSeq}`;
  const input = h('textarea', {
    id: 'thread-text', value: local.read(key) ?? '', rows: 1, dir: 'auto', autocomplete: 'off', placeholder: t('threads.placeholder'), 'aria-describedby': 'thread-error',
    on: { input: typed, keydown: pressed },
  });
  const error = h('p', { id: 'thread-error', class: 'error', role: 'alert' });
  const form = h('form', { class: 'composer', method: 'post', on: { submit: send } },
    h('div', { class: 'composer-line' }, h('label', { class: 'visually-hidden', for: 'thread-text' }, t('threads.placeholder')), input, iconButton('send', t('composer.send'), null, { type: 'submit', class: 'icon-button primary' })), error);
  const readOnly = h('p', { class: 'read-only' });
  const element = dialog(t('threads.title'), h('div', { class: 'thread-body' }, scroller, form, readOnly), { className: 'drawer' });
  const actions = { composer: null, pins: null, readMessages: all, goTo: (seq) => { element.close(); context.openChat(chat.id, seq); } };

  /** Returns the messages of the thread, as the chat has them where they are loaded there. */
  function all() {
    return [...root.values(), ...messages.values()].map((message) => chat.messages.get(message.seq) ?? message);
  }

  async function load(query = {}) {
    loads += 1;
    try {
      if (!root.size) root.set(rootSeq, await store.message(chat, rootSeq));
      const page = await get(`${path}/messages`, { ...query, limit: PAGE });
      for (const message of page.items) messages.set(message.seq, message);
      const sorted = [...messages.values()].sort((a, b) => a.seq - b.seq);
      messages.clear();
      sorted.forEach((message) => messages.set(message.seq, message));
      hasBefore = page.has_before;
      // Responses may be older than these. Applying an event twice changes nothing.
      eventsDuringLoad.forEach(apply);
    } finally {
      loads -= 1;
      if (!loads) eventsDuringLoad = [];
    }
    render();
  }

  async function begin() {
    await load();
    toEnd();
    returns();
  }

  /** Replies that come while the page is hidden are read when the user returns. */
  async function markRead() {
    const last = [...messages.keys()].at(-1);
    if (!last || last === marked || document.visibilityState !== 'visible' || !document.hasFocus()) return;
    await call('PUT', `${path}/read`, { seq: last });
    marked = last;
  }

  function toEnd() {
    scroller.scrollTop = scroller.scrollHeight;
  }

  function render() {
    if (!store.chats.has(chat.id)) {
      element.close();
      return;
    }
    form.hidden = !blocks.mayPost(chat);
    readOnly.hidden = !form.hidden;
    readOnly.textContent = t(blocks.reason(chat));
    older.hidden = !hasBefore;
    const shown = all().filter((message) => !message.deleted_at || message.seq === rootSeq);
    const waiting = sendQueue.of(chat.id).filter((item) => item.fields?.root_seq === rootSeq);
    reconcile(rows, [
      ...shown.map((message) => messageRow(context, chat, message, true, actions)),
      ...waiting.map((item) => pendingRow(context, chat, item, true)),
    ]);
  }

  /** Applies an event of the chat. Returns false if it is not about this thread. */
  function apply(event) {
    const { data } = event;
    if (!(data.seq === rootSeq || data.root_seq === rootSeq || messages.has(data.seq))) return false;
    applyToMessages(data.seq === rootSeq ? root : messages, event, store.me.id);
    return true;
  }

  function applied({ detail: { chat: { id }, event } }) {
    if (id !== chat.id) return;
    if (loads) eventsDuringLoad.push(event);
    if (!apply(event)) return;
    render();
    if (event.kind !== 'message.created') return;
    toEnd();
    returns();
  }

  function send(event) {
    event?.preventDefault();
    const text = input.value.trim();
    error.textContent = lengthError(text);
    if (!text || error.textContent) return;
    input.value = '';
    typed();
    sendQueue.add(chat.id, text, null, [], { ...textFormat(), root_seq: rootSeq });
    toEnd();
  }

  function typed() {
    if (input.value.trim()) local.write(key, input.value);
    else local.remove(key);
    error.textContent = '';
    grow(input);
  }

  function pressed(event) {
    if (event.key !== 'Enter' || event.shiftKey || isComposing(event) || matchMedia('(pointer: coarse)').matches) return;
    event.preventDefault();
    send();
  }

  store.addEventListener('change', render);
  store.addEventListener('applied', applied);
  addEventListener('focus', returns);
  document.addEventListener('visibilitychange', returns);
  element.addEventListener('close', () => {
    store.removeEventListener('change', render);
    store.removeEventListener('applied', applied);
    removeEventListener('focus', returns);
    document.removeEventListener('visibilitychange', returns);
  });
  grow(input);
  attempt(begin);
  if (!matchMedia('(pointer: coarse)').matches) input.focus();
}

/** Shows the threads that the user follows, the one with the newest reply first. */
export async function threadsDialog(context) {
  const { store } = context;
  let cursor = null;
  const list = h('ul', { class: 'chat-list' });
  const more = h('button', { type: 'button', class: 'button plain wide', hidden: true, on: { click: () => attempt(load) } }, t('search.more'));
  const element = dialog(t('threads.followed'), h('div', { class: 'dialog-form' }, list, more), { className: 'drawer' });

  function row({ root, unread_count: unread }) {
    const chat = store.chats.get(root.chat_id);
    return h('li', { class: 'thread-item' },
      h('button', { type: 'button', class: 'chat-item', on: { click: () => { element.close(); context.openChat(chat.id, root.seq); threadDialog(context, chat, root.seq); } } },
        h('span', { class: 'chat-text' },
          h('span', { class: 'line' }, h('strong', { dir: 'auto' }, store.title(chat)), h('time', {}, shortMoment(new Date(root.created_at)))),
          h('span', { class: 'line' }, h('span', { class: 'preview', dir: 'auto' }, summary(root)), unread > 0 && h('span', { class: 'badge', 'aria-label': t('chats.unread', { n: unread }) }, String(unread))))),
      iconButton('close', t('threads.unfollow'), ({ currentTarget }) => attempt(() => unfollow(currentTarget.closest('li'), root))));
  }

  async function unfollow(item, root) {
    await call('DELETE', `/chats/${root.chat_id}/threads/${root.seq}/follow`);
    item.remove();
  }

  /** Reads the first page, or the one after those that are shown. */
  async function load() {
    const asked = cursor;
    const page = await get('/threads', { cursor: asked, limit: PAGE });
    if (asked !== cursor) return;
    cursor = page.next_cursor;
    list.append(...page.items.filter(({ root }) => store.chats.has(root.chat_id)).map(row));
    more.hidden = !cursor;
    if (!cursor && !list.hasChildNodes()) list.append(h('li', { class: 'hint' }, t('threads.none')));
  }

  await attempt(load);
}

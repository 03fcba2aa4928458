// One message, and the actions on it.

import { call, has } from '../api.js';
import { avatar, botMark, h, hueOf, icon, iconButton, toast } from '../dom.js';
import { explain, fullTime, t, time } from '../i18n.js';
import { richText } from '../richText.js';
import { summary } from '../summary.js';
import { attachmentsView } from './attachments.js';
import { confirmed } from './dialogs.js';
import { attempt } from './forms.js';
import { forwardDialog, forwardedFrom } from './forward.js';
import { linkPreview } from './linkPreview.js';
import { threadDialog, threadLink } from './thread.js';
import { uploadRows } from './uploadList.js';
import { versionsDialog } from './versions.js';

const REACTIONS = ['👍', '❤️', '😂', '🎉', '😮', '😢', '🙏', '👀'];
const LINK = /(https?:\/\/[^\s<>"']*[^\s<>"'.,:;!?…»”“)\]}])/;

export function messageRow(context, chat, message, isFirst, actions) {
  const { store, blocks } = context;
  const isMine = store.hasWritten(message);
  const author = store.author(message);
  const quoted = message.reply_to_seq ? store.quoted(chat, message) : null;
  const quotedName = quoted && store.author(quoted).display_name;
  const isRead = isMine && chat.others_read_seq >= message.seq;
  const showsAuthor = !isMine && (chat.type !== 'direct' || Boolean(message.via_hook));
  const mayPost = blocks.mayPost(chat);
  return {
    key: `m${message.seq}`,
    signature: JSON.stringify([message, isFirst, isRead, author.display_name, author.typ, author.avatar, quoted && summary(quoted), quotedName, chat.role, mayPost]),
    build() {
      const menu = !message.deleted_at && h('div', { class: 'tools' },
        actions.composer && mayPost && iconButton('reply', t('message.reply'), () => actions.composer.reply(message)),
        iconButton('more', t('message.actions'), (event) => openMenu(event.currentTarget, context, chat, message, actions), { 'aria-haspopup': 'menu' }));
      return h('li', { class: `message${isMine ? ' mine' : ''}${isFirst ? ' first' : ''}${message.via_hook ? ' posted' : ''}`, data: { seq: message.seq } },
        showsAuthor && isFirst && avatar(author.display_name, author.id, { small: true, image: author.avatar }),
        h('div', { class: 'bubble-line' },
          h('div', { class: 'bubble', on: { contextmenu: (event) => {
            if (!menu || getSelection().toString()) return;
            event.preventDefault();
            openMenu(menu.lastChild, context, chat, message, actions);
          } } },
          showsAuthor && isFirst && h('strong', { class: 'sender', dir: 'auto', vars: { '--hue': hueOf(author.id) } }, author.display_name, ' ', botMark(author)),
          !showsAuthor && h('span', { class: 'visually-hidden' }, `${author.display_name}: `),
          message.reply_to_seq && !message.deleted_at && quote(message, quoted, quotedName, actions),
          message.forwarded_from && !message.deleted_at && forwardedFrom(context, chat, message),
          !message.deleted_at && attachmentsView(context, actions.readMessages, message),
          message.deleted_at
            ? h('p', { class: 'text gone' }, t('message.deleted'))
            : message.text && h('div', { class: 'text', dir: 'auto' }, message.entities?.length ? richText(message.text, message.entities, store.me.id) : withLinks(message.text)),
          !message.deleted_at && linkPreview(context, chat, message, message.sender_id === store.me.id),
          foot(message, isMine && (isRead ? 'read' : 'sent'))),
          menu),
        actions.composer && threadLink(context, chat, message),
        message.reactions.length > 0 && h('div', { class: 'reactions' }, message.reactions.map((reaction) => h('button', {
          type: 'button', class: 'reaction', 'aria-pressed': String(Boolean(reaction.mine)), 'aria-label': t('message.reaction', { emoji: reaction.emoji, n: reaction.count }),
          on: { click: () => react(chat, message, reaction.emoji, !reaction.mine) },
        }, reaction.emoji, h('span', {}, String(reaction.count))))));
    },
  };
}

/** Returns the row of a message that the server has not acknowledged yet. */
export function pendingRow({ sendQueue, uploads }, chat, item, isFirst) {
  const state = item.failed ? 'failed' : item.sentSeq ? 'sent' : 'pending';
  const files = uploadRows(uploads, item.files ?? [], (key) => sendQueue.removeFile(item, key));
  return {
    key: `p${item.client_msg_id}`,
    signature: JSON.stringify([item, isFirst, files.map(({ signature }) => signature)]),
    build: () => h('li', { class: `message mine ${state}${isFirst ? ' first' : ''}` },
      h('div', { class: 'bubble-line' },
        h('div', { class: 'bubble' },
          files.length > 0 && h('ul', { class: 'uploads' }, files.map(({ build }) => build())),
          item.text && h('p', { class: 'text', dir: 'auto' }, ...withLinks(item.text)),
          foot(item, state))),
      item.failed && h('div', { class: 'failure', role: 'alert' },
        h('span', {}, t('message.failed', { why: explain(item.failed) })),
        h('button', { type: 'button', class: 'button small', on: { click: () => sendQueue.retry(item) } }, t('message.retry')),
        h('button', { type: 'button', class: 'button small', on: { click: () => sendQueue.discard(item) } }, t('message.discard')))),
  };
}

function foot(message, state) {
  const date = new Date(message.created_at);
  return h('span', { class: 'foot' },
    message.edited_at && !message.deleted_at && h('span', {}, t('message.edited')),
    h('time', { datetime: message.created_at, title: fullTime(date) }, time(date)),
    state && [icon(state), h('span', { class: 'visually-hidden' }, state === 'failed' ? '' : t(`message.${state}`))]);
}

function quote(message, quoted, name, actions) {
  const text = quoted ? summary(quoted) : '…';
  return h('button', { type: 'button', class: 'quote', title: t('message.quote'), on: { click: () => actions.goTo(message.reply_to_seq) } },
    h('strong', { dir: 'auto' }, name ?? ''), h('span', { dir: 'auto' }, text));
}

/** Returns text nodes, and links for URLs. */
function withLinks(text) {
  return text.split(LINK).map((part, place) => (place % 2 ? h('a', { href: part, target: '_blank', rel: 'noopener noreferrer' }, part) : part));
}

function openMenu(button, context, chat, message, actions) {
  const isSender = message.sender_id === context.store.me.id;
  const isBlocked = context.blocks.hasPeer(chat);
  const mayPost = context.blocks.mayPost(chat);
  const mayDelete = isSender || chat.role === 'owner' || chat.role === 'admin';
  const item = (text, run, className = '') => h('button', { type: 'button', role: 'menuitem', class: className, on: { click: () => { menu.hidePopover(); run(); } } }, text);
  const mine = new Set(message.reactions.filter((reaction) => reaction.mine).map((reaction) => reaction.emoji));
  const menu = h('div', { class: 'menu', role: 'menu', popover: 'auto', 'aria-label': t('message.actions'), on: { keydown: moveInMenu } },
    !isBlocked && h('div', { class: 'emojis', role: 'group' }, REACTIONS.map((emoji) => h('button', {
      type: 'button', role: 'menuitemcheckbox', 'aria-checked': String(mine.has(emoji)), 'aria-label': t('message.react', { emoji }),
      on: { click: () => { menu.hidePopover(); react(chat, message, emoji, !mine.has(emoji)); } },
    }, emoji))),
    actions.composer && mayPost && item(t('message.reply'), () => actions.composer.reply(message)),
    has('threads') && actions.composer && mayPost && item(t('threads.reply'), () => threadDialog(context, chat, message.root_seq ?? message.seq)),
    navigator.clipboard && message.text && item(t('message.copy'), () => navigator.clipboard.writeText(message.text).then(() => toast(t('message.copied')), () => {})),
    has('forwards') && item(t('forward.do'), () => forwardDialog(context, chat, message)),
    has('versions') && mayDelete && message.edited_at && item(t('versions.show'), () => versionsDialog(chat, message)),
    context.store.hasWritten(message) && !message.forwarded_from && actions.composer && mayPost && item(t('message.edit'), () => actions.composer.edit(message)),
    actions.pins?.mayPin && (!isBlocked || actions.pins.has(message.seq)) && item(t(actions.pins.has(message.seq) ? 'pins.unpin' : 'pins.pin'), () => actions.pins.toggle(message.seq)),
    mayDelete && item(t('message.delete'), () => remove(chat, message, actions), 'danger'));
  menu.addEventListener('toggle', ({ newState }) => {
    if (newState !== 'closed') return;
    if (menu.contains(document.activeElement)) button.focus({ preventScroll: true });
    menu.remove();
  });
  // Outside an open dialog nothing can be used.
  (button.closest('dialog') ?? document.body).append(menu);
  menu.showPopover();
  const at = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  menu.style.left = `${Math.max(8, Math.min(at.right - width, innerWidth - width - 8))}px`;
  menu.style.top = `${at.bottom + height + 8 < innerHeight ? at.bottom + 4 : Math.max(8, at.top - height - 4)}px`;
  menu.querySelector('[role=menuitem]')?.focus();
}

function moveInMenu(event) {
  const items = [...event.currentTarget.querySelectorAll('button')];
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
}

function react(chat, message, emoji, isAdded) {
  return attempt(() => call(isAdded ? 'PUT' : 'DELETE', `/chats/${chat.id}/messages/${message.seq}/reactions/${encodeURIComponent(emoji)}`));
}

async function remove(chat, message, { composer }) {
  if (!await confirmed(t('message.deleteSure'), t('message.delete'))) return;
  await attempt(async () => {
    await call('DELETE', `/chats/${chat.id}/messages/${message.seq}`);
    // The button that had the focus is gone. On a phone the keyboard would open.
    if (!matchMedia('(pointer: coarse)').matches) composer?.focus();
  });
}

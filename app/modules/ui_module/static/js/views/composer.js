// The form for writing a message, a reply, or a new text of an existing message.

import { call, has } from '../api.js';
import { grow, h, icon, iconButton, isComposing, reconcile } from '../dom.js';
import { explain, t } from '../i18n.js';
import { summary } from '../summary.js';
import { textFormat } from '../textFormat.js';
import { lengthError } from '../textLength.js';
import { MAX_FILES } from '../uploads.js';
import { MentionList } from './mentionList.js';
import { Scheduled } from './scheduled.js';
import { uploadRows } from './uploadList.js';

const TYPING_EVERY_MS = 3000;
const TYPING_ENDS_MS = 4000;

export class Composer {
  constructor(context, id, onSent) {
    this.context = context;
    this.id = id;
    this.onSent = onSent;
    this.typingSentAt = 0;
    this.target = null;
    this.input = h('textarea', {
      id: 'composer', rows: 1, placeholder: t('composer.placeholder'), autocomplete: 'off', dir: 'auto', enterkeyhint: 'enter', 'aria-describedby': 'composer-error',
      on: { input: () => this.typed(), keydown: (event) => this.pressed(event), paste: (event) => this.pasted(event) },
    });
    this.input.value = this.chat.draft;
    this.mentions = has('entities') ? new MentionList(context.store, this.input, () => this.chat) : null;
    this.listeners = new AbortController();
    this.error = h('p', { id: 'composer-error', class: 'error', role: 'alert' });
    this.above = h('div', { class: 'target', hidden: true });
    this.tray = h('ul', { class: 'uploads tray', 'aria-label': t('files.tray'), on: { click: () => { this.error.textContent = ''; } } });
    this.picker = h('input', { type: 'file', multiple: true, hidden: true, on: { change: () => this.picked() } });
    this.clip = iconButton('attach', t('files.attach'), () => this.picker.click());
    this.scheduled = new Scheduled(context, id);
    this.later = iconButton('pending', t('scheduled.later'), () => this.schedule());
    this.button = iconButton('send', t('composer.send'), null, { type: 'submit', class: 'icon-button primary' });
    this.form = h('form', { class: 'composer', method: 'post', on: { submit: (event) => { event.preventDefault(); this.submit(); } } },
      this.mentions?.element,
      this.above,
      this.tray,
      h('div', { class: 'composer-line' }, context.uploads && [this.clip, this.picker], h('label', { class: 'visually-hidden', for: 'composer' }, t('composer.label')), this.input, has('schedules') && this.later, this.button),
      this.error);
    this.readOnly = h('p', { class: 'read-only' });
    this.element = h('div', { class: 'composer-place' }, this.scheduled.element, this.form, this.readOnly);
    const { drafts } = context;
    const { signal } = this.listeners;
    drafts.addEventListener('read', ({ detail }) => detail.id === id && this.showDraft(), { signal });
    document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && drafts.save(this.chat), { signal });
  }

  begin() {
    grow(this.input);
    const { unfinishedEdit } = this.chat;
    if (unfinishedEdit) this.continueEdit(unfinishedEdit);
    else this.showReply();
    this.context.drafts.read(this.chat);
  }

  get chat() {
    return this.context.store.chats.get(this.id);
  }

  focus() {
    this.input.focus({ preventScroll: true });
    grow(this.input);
  }

  unmount() {
    this.stopTyping();
    this.listeners.abort();
    this.scheduled.unmount();
    if (!this.chat) return;
    if (this.target?.kind === 'edit') this.chat.unfinishedEdit = { message: this.target.message, text: this.input.value };
    this.context.drafts.save(this.chat);
  }

  /** Shows a draft that another device has changed. The text of a message that is being edited stays. */
  showDraft() {
    if (this.target?.kind === 'edit') return;
    if (this.input.value !== this.chat.draft) this.input.value = this.chat.draft;
    grow(this.input);
    this.showReply();
  }

  /** Shows the message that the draft replies to. */
  async showReply() {
    const { chat, target } = this;
    const seq = chat.draftReply;
    if ((target?.message.seq ?? null) === seq) return;
    const message = seq && await this.context.store.message(chat, seq).catch(() => null);
    if (this.target !== target || chat.draftReply !== seq) return;
    this.target = message ? { kind: 'reply', message } : null;
    this.showTarget(message ? this.replyTitle(message) : '', { takesFocus: false });
  }

  replyTitle(message) {
    return t('composer.replying', { name: this.context.store.author(message).display_name });
  }

  keepDraft() {
    if (this.target?.kind !== 'edit') this.context.drafts.edit(this.chat, this.input.value, this.target?.message.seq);
  }

  update() {
    this.form.hidden = !this.context.blocks.mayPost(this.chat);
    this.readOnly.hidden = !this.form.hidden;
    this.readOnly.textContent = t(this.context.blocks.reason(this.chat));
    this.scheduled.update();
    this.mentions?.update();
    // The name may have come after the draft.
    if (this.target?.kind === 'reply') this.above.querySelector('strong').textContent = this.replyTitle(this.target.message);
    this.clip.hidden = this.later.hidden = this.tray.hidden = this.target?.kind === 'edit';
    reconcile(this.tray, uploadRows(this.context.uploads, this.unsent.map(({ key, name, size }) => ({ key, filename: name, size })), (key) => this.context.uploads.cancel(key)));
  }

  /** Returns the files that the next message will have. */
  get unsent() {
    return this.context.sendQueue?.unsentUploads(this.id) ?? [];
  }

  get mayAttach() {
    return Boolean(this.context.uploads) && this.context.blocks.mayPost(this.chat) && this.target?.kind !== 'edit';
  }

  attach(files) {
    const free = MAX_FILES - this.unsent.length;
    this.error.textContent = files.length > free ? t('files.tooMany', { n: MAX_FILES }) : '';
    this.context.uploads.add(this.id, files.slice(0, free));
    this.focus();
  }

  picked() {
    this.attach([...this.picker.files]);
    this.picker.value = '';
  }

  /** Attaches files of the clipboard. A copied text may have its picture beside it: the text counts. */
  pasted(event) {
    const { files, types } = event.clipboardData;
    if (!files.length || types.includes('text/plain') || !this.mayAttach) return;
    event.preventDefault();
    this.attach([...files]);
  }

  reply(message) {
    this.cancel();
    this.target = { kind: 'reply', message };
    this.showTarget(this.replyTitle(message));
    this.keepDraft();
  }

  edit(message) {
    this.cancel();
    this.target = { kind: 'edit', message };
    this.input.value = message.text;
    this.showTarget(t('composer.editing'));
    this.input.setSelectionRange(message.text.length, message.text.length);
  }

  /** Goes on with an edit that was neither saved nor cancelled when the chat was left. */
  continueEdit({ message, text }) {
    this.target = { kind: 'edit', message };
    this.input.value = text;
    grow(this.input);
    this.showTarget(t('composer.editing'), { takesFocus: false });
  }

  cancel() {
    if (!this.target) return;
    if (this.target.kind === 'edit') {
      this.input.value = this.chat.draft;
      this.chat.unfinishedEdit = null;
    }
    this.target = null;
    this.showTarget('');
    this.keepDraft();
  }

  showTarget(title, { takesFocus = true } = {}) {
    const { target } = this;
    this.above.hidden = !target;
    this.above.replaceChildren(...target ? [
      h('div', {}, h('strong', { dir: 'auto' }, title), h('span', { dir: 'auto' }, summary(target.message))),
      iconButton('close', t('composer.cancel'), () => this.cancel()),
    ] : []);
    const label = t(target?.kind === 'edit' ? 'composer.save' : 'composer.send');
    this.button.title = label;
    this.button.setAttribute('aria-label', label);
    this.button.replaceChildren(icon(target?.kind === 'edit' ? 'sent' : 'send'));
    this.error.textContent = '';
    this.update();
    if (takesFocus) this.focus();
  }

  typed() {
    this.keepDraft();
    grow(this.input);
    this.error.textContent = '';
    if (!this.input.value.trim() || this.target?.kind === 'edit') {
      this.stopTyping();
      return;
    }
    if (Date.now() - this.typingSentAt > TYPING_EVERY_MS) {
      this.typingSentAt = Date.now();
      this.sendTyping(true);
    }
    clearTimeout(this.typingEnds);
    this.typingEnds = setTimeout(() => this.stopTyping(), TYPING_ENDS_MS);
  }

  stopTyping() {
    clearTimeout(this.typingEnds);
    if (!this.typingSentAt) return;
    this.typingSentAt = 0;
    this.sendTyping(false);
  }

  /** Sends a typing signal. Failures are ignored: it is not worth a retry. */
  sendTyping(isTyping) {
    this.context.connection.ask('typing', { chat_id: this.id, is_typing: isTyping }).catch(() => {});
  }

  pressed(event) {
    if (this.mentions?.pressed(event)) return;
    // On a phone, Enter starts a new line, as its keyboard shows.
    if (event.key === 'Enter' && !event.shiftKey && !isComposing(event) && !matchMedia('(pointer: coarse)').matches) {
      event.preventDefault();
      this.submit();
    } else if (event.key === 'ArrowUp' && !this.input.value && !this.target) {
      const { store } = this.context;
      const last = [...this.chat.messages.values()].findLast((message) => store.hasWritten(message) && !message.deleted_at && !message.forwarded_from);
      if (!last) return;
      event.preventDefault();
      this.edit(last);
    }
  }

  /** Returns the text without surrounding spaces, or null if it is too long. */
  readText() {
    const text = this.input.value.trim();
    this.error.textContent = lengthError(text);
    return this.error.textContent ? null : text;
  }

  async submit() {
    const { chat, target } = this;
    const text = this.readText();
    if (text === null) return;
    if (target?.kind === 'edit') {
      if (text || target.message.attachments?.length) await this.save(chat, target, text);
      else this.error.textContent = t('error.body.text');
      return;
    }
    const files = this.unsent;
    if (!text && !files.length) return;
    if (files.some((upload) => upload.error || !(upload.file || upload.isDone))) {
      this.error.textContent = t('files.unfinished');
      this.tray.querySelector('.failed, .lost').scrollIntoView({ block: 'nearest' });
      return;
    }
    this.clear();
    this.context.sendQueue.add(chat.id, text, target?.message.seq, files, textFormat());
    this.onSent();
    this.focus();
  }

  clear() {
    this.input.value = '';
    grow(this.input);
    this.cancel();
    this.keepDraft();
    this.context.drafts.save(this.chat);
    this.stopTyping();
  }

  /** Asks when the message is to be sent. Its files would have to be uploaded first, so here it has none. */
  async schedule() {
    const text = this.readText();
    if (this.unsent.length) this.error.textContent = t('scheduled.noFiles');
    else if (!text) this.focus();
    else if (await this.scheduled.add({ text, reply_to_seq: this.target?.message.seq ?? null, ...textFormat() }) && this.readText() === text) this.clear();
  }

  async save(chat, target, text) {
    const { message } = target;
    try {
      if (text !== message.text) await call('PATCH', `/chats/${chat.id}/messages/${message.seq}`, { text });
      target.message = { ...message, text };
      // The user may have gone on writing, or begun something else.
      if (this.target === target && this.input.value.trim() === text) this.cancel();
    } catch (error) {
      if (this.target === target) this.error.textContent = explain(error);
    }
  }
}

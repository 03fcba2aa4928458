// What the user has begun to write in a chat. The server keeps it for all devices of the user, if it has drafts.

import { call, get, has } from './api.js';

const SAVE_AFTER_MS = 1000;

/** Events: `read` with the chat whose draft was written on another device. */
export class Drafts extends EventTarget {
  constructor(store) {
    super();
    this.store = store;
    this.isStored = has('drafts');
    store.addEventListener('own', ({ detail: { kind, data } }) => {
      const chat = store.chats.get(data.chat_id);
      if (kind !== 'draft.changed' || !chat) return;
      chat.draftChangedAt = Date.parse(data.updated_at);
      this.follow(chat);
    });
  }

  /** Reads a draft if another device has changed it after this one. */
  follow(chat) {
    if ((chat.draftChangedAt ?? 0) > (chat.draftSavedAt ?? 0)) this.read(chat);
  }

  /** Keeps a draft, and saves it soon. */
  edit(chat, text, replyToSeq = null) {
    if (text === chat.draft && replyToSeq === chat.draftReply) return;
    Object.assign(chat, { draft: text, draftReply: replyToSeq, isDraftUnsaved: true });
    clearTimeout(chat.draftTimer);
    chat.draftTimer = setTimeout(() => this.save(chat), SAVE_AFTER_MS);
  }

  saveAll() {
    this.store.list.forEach((chat) => this.save(chat));
  }

  /** Saves what is not saved yet. If that fails, the next connection tries it again. */
  async save(chat) {
    clearTimeout(chat.draftTimer);
    if (!this.isStored || !chat.isDraftUnsaved || chat.isDraftSaving) return;
    Object.assign(chat, { isDraftUnsaved: false, isDraftSaving: true });
    const { draft: text, draftReply: replyToSeq } = chat;
    try {
      // The request outlives the page: the user may leave it now.
      const saved = await call('PUT', `/chats/${chat.id}/draft`, { text: text.trim() && text, reply_to_seq: replyToSeq }, { keepalive: true });
      if (saved.updated_at) chat.draftSavedAt = Date.parse(saved.updated_at);
    } catch (error) {
      // What the server refuses stays here.
      chat.isDraftUnsaved = true;
      if (error.status !== 409 || !replyToSeq) return;
      // The message that it replies to was deleted.
      if (chat.draftReply === replyToSeq) chat.draftReply = null;
    } finally {
      chat.isDraftSaving = false;
    }
    if (chat.isDraftUnsaved) await this.save(chat);
    else this.follow(chat);
  }

  /** Reads the stored draft. What the user writes meanwhile stays. */
  async read(chat) {
    if (!this.isStored || chat.isDraftUnsaved || chat.isDraftSaving) return;
    const { draft, draftReply } = chat;
    try {
      const stored = await get(`/chats/${chat.id}/draft`);
      // The server deletes a draft with the message that it replies to. The text stays here.
      const isOrphan = !stored.text && draft.trim() && draftReply && (await get(`/chats/${chat.id}/messages/${draftReply}`)).deleted_at;
      if (chat.isDraftUnsaved || chat.isDraftSaving || chat.draft !== draft || chat.draftReply !== draftReply) return;
      chat.draftSavedAt = Date.parse(stored.updated_at ?? 0);
      const isSame = stored.text === draft && stored.reply_to_seq === draftReply;
      // The server has no draft without a text. A reply that the user has just begun stays.
      if (isSame || (!stored.text && !draft.trim())) return;
      if (isOrphan) this.edit(chat, draft);
      else Object.assign(chat, { draft: stored.text, draftReply: stored.reply_to_seq });
      this.dispatchEvent(new CustomEvent('read', { detail: chat }));
      this.store.changed();
    } catch {
      // It is read again when the chat is opened.
    }
  }
}

// Messages that the server has not acknowledged yet, in local storage. Each has a client_msg_id from the start, so that
// sending it again, after a disconnection or a reload, creates no second message.

import { Problem } from './api.js';
import { newId, wait } from './dom.js';
import { local } from './storage.js';

/** A message of another tab is usually sent there by then. Sending it twice stores it once. */
const SENT_ELSEWHERE_WITHIN_MS = 2000;

export class SendQueue {
  /** `uploads` is null if the server has no files. */
  constructor(store, connection, uploads) {
    this.store = store;
    this.connection = connection;
    this.uploads = uploads;
    uploads?.addEventListener('change', () => this.flushAll());
    this.prefix = `messenger.outbox.${store.me.id}.`;
    this.items = local.keys(this.prefix).map((key) => JSON.parse(local.read(key)));
    this.sort();
    this.sending = new Set();
    store.addEventListener('applied', ({ detail: { event } }) => {
      if (event.kind === 'message.created' && event.data.sender_id === store.me.id) this.forget(event.data.client_msg_id);
    });
    store.addEventListener('change', () => this.items.forEach((item) => this.forgetShown(item)));
    addEventListener('storage', ({ key, newValue }) => key?.startsWith(this.prefix) && this.follow(key, newValue), { signal: connection.listeners.signal });
  }

  sort() {
    this.items.sort((a, b) => a.created_at.localeCompare(b.created_at));
  }

  /** Follows a change of another tab, which may be closed before it has sent the message. */
  follow(key, text) {
    const id = key.slice(this.prefix.length);
    if (text === null) {
      this.forget(id);
      return;
    }
    let item = this.items.find((other) => other.client_msg_id === id);
    if (!item) this.items.push(item = { client_msg_id: id });
    const before = item.files ?? [];
    Object.assign(item, JSON.parse(text));
    this.sort();
    item.files?.forEach((file) => this.uploads?.follow(file.key));
    before.filter(({ key }) => !item.files?.some((file) => file.key === key)).forEach(({ key }) => this.uploads?.cancel(key));
    this.store.changed();
    wait(SENT_ELSEWHERE_WITHIN_MS).then(() => this.flush(item.chat_id));
  }

  of(chatId) {
    return this.items.filter((item) => item.chat_id === chatId);
  }

  /** Adds a message. It is sent when its uploads are done. `fields` are further fields of the request. */
  add(chatId, text, replyToSeq, uploads = [], fields = {}) {
    const files = uploads.map(({ key, name, type, size }) => ({ key, filename: name, content_type: type, size }));
    const item = { chat_id: chatId, client_msg_id: newId(), text, reply_to_seq: replyToSeq ?? null, created_at: new Date().toISOString(), files, fields };
    this.keep(item);
    this.items.push(item);
    this.store.changed();
    this.flush(chatId);
  }

  keep(item) {
    local.write(this.prefix + item.client_msg_id, JSON.stringify(item));
  }

  /** Returns the uploads of a chat that belong to no message yet. */
  unsentUploads(chatId) {
    const taken = new Set(this.items.flatMap(({ files = [] }) => files.map(({ key }) => key)));
    return this.uploads?.of(chatId).filter(({ key }) => !taken.has(key)) ?? [];
  }

  isUploading({ files = [] }) {
    return files.map(({ key }) => this.uploads?.find(key)).some((upload) => !upload?.isDone || upload.error);
  }

  flushAll() {
    for (const chatId of new Set(this.items.map((item) => item.chat_id))) this.flush(chatId);
  }

  /**
   * Sends the waiting messages of a chat one after the other, so that their order stays. Messages whose files are being
   * uploaded do not delay the others.
   */
  async flush(chatId) {
    if (this.sending.has(chatId)) return;
    this.sending.add(chatId);
    try {
      for (let item; (item = this.of(chatId).find((one) => !one.failed && !one.sentSeq && !this.isUploading(one))); ) {
        if (this.connection.state !== 'online' || !(await this.send(item))) return;
      }
    } finally {
      this.sending.delete(chatId);
    }
  }

  /** Sends one message. Returns false if the connection was lost. */
  async send(item) {
    const { chat_id, client_msg_id, text, reply_to_seq, files = [], fields = {} } = item;
    const attachments = files.map(({ key }) => this.uploads.find(key).id);
    try {
      const message = await this.connection.ask('send', { chat_id, client_msg_id, text, reply_to_seq, ...fields, ...(attachments.length && { attachments }) });
      item.sentSeq = message.seq;
      this.forgetShown(item);
    } catch (error) {
      // Disconnected: the next connection sends it again.
      if (!(error instanceof Problem)) return false;
      if (error.isTransient) await wait(1000 + 1000 * Math.random());
      // It is stored as it was sent at first, with other files.
      else if (error.code === 'idempotency_mismatch') this.forget(client_msg_id);
      // The user has left the chat, and sees nothing of it.
      else if (error.status === 404 && !this.store.chats.has(chat_id)) this.forget(client_msg_id);
      // Another tab may have sent or discarded it meanwhile.
      else if (this.items.includes(item)) this.keep(Object.assign(item, { failed: error.body }));
    }
    this.store.changed();
    return true;
  }

  retry(item) {
    // The server deletes files that are in no message for a day.
    if (item.failed.status === 404) item.files?.forEach(({ key }) => this.uploads.retry(key));
    this.keep(Object.assign(item, { failed: null }));
    this.store.changed();
    this.flush(item.chat_id);
  }

  /** Removes a message that the user does not want to send, and its files. */
  discard(item) {
    item.files?.forEach(({ key }) => this.uploads?.cancel(key));
    this.forget(item.client_msg_id);
  }

  /** Removes a file of a message. Without files and text, the message is removed. */
  removeFile(item, key) {
    item.files = item.files.filter((file) => file.key !== key);
    this.uploads?.cancel(key);
    if (!item.files.length && !item.text) {
      this.forget(item.client_msg_id);
      return;
    }
    this.keep(item);
    this.store.changed();
    this.flush(item.chat_id);
  }

  /** Removes a message that the chat has. Its event does the same, but there is none after a gap, or it came before the reply. */
  forgetShown({ chat_id: chatId, client_msg_id: clientMsgId, sentSeq }) {
    if (sentSeq <= (this.store.chats.get(chatId)?.last_seq ?? Infinity)) this.forget(clientMsgId);
  }

  forget(clientMsgId) {
    const item = this.items.find((other) => other.client_msg_id === clientMsgId);
    if (!item) return;
    local.remove(this.prefix + clientMsgId);
    this.items = this.items.filter((other) => other !== item);
    item.files?.forEach(({ key }) => this.uploads?.forget(key));
    this.store.changed();
  }
}

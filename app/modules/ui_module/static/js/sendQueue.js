// Messages that the server has not acknowledged yet, in local storage. Each has a client_msg_id from the start, so that
// sending it again, after a disconnection or a reload, creates no second message.

import { Problem } from './api.js';
import { newId, wait } from './dom.js';

export class SendQueue {
  constructor(store, connection) {
    this.store = store;
    this.connection = connection;
    this.prefix = `messenger.outbox.${store.me.id}.`;
    this.items = Object.keys(localStorage).filter((key) => key.startsWith(this.prefix)).map((key) => JSON.parse(localStorage.getItem(key)));
    this.items.sort((a, b) => a.created_at.localeCompare(b.created_at));
    this.sending = new Set();
    store.addEventListener('applied', ({ detail: { event } }) => {
      if (event.kind === 'message.created' && event.data.sender_id === store.me.id) this.forget(event.data.client_msg_id);
    });
  }

  of(chatId) {
    return this.items.filter((item) => item.chat_id === chatId);
  }

  add(chatId, text, replyToSeq) {
    const item = { chat_id: chatId, client_msg_id: newId(), text, reply_to_seq: replyToSeq ?? null, created_at: new Date().toISOString() };
    localStorage.setItem(this.prefix + item.client_msg_id, JSON.stringify(item));
    this.items.push(item);
    this.store.changed();
    this.flush(chatId);
  }

  flushAll() {
    for (const chatId of new Set(this.items.map((item) => item.chat_id))) this.flush(chatId);
  }

  /** Sends the waiting messages of a chat one after the other, so that their order stays. */
  async flush(chatId) {
    if (this.sending.has(chatId)) return;
    this.sending.add(chatId);
    try {
      for (let item; (item = this.of(chatId).find(({ failed, isSent }) => !failed && !isSent)); ) {
        if (this.connection.state !== 'online' || !(await this.send(item))) return;
      }
    } finally {
      this.sending.delete(chatId);
    }
  }

  /** Sends one message. Returns false if the connection was lost. */
  async send(item) {
    const { chat_id, client_msg_id, text, reply_to_seq } = item;
    try {
      const message = await this.connection.ask('send', { chat_id, client_msg_id, text, reply_to_seq });
      // The event of the message removes it from the queue. If the event arrived earlier, remove it here.
      if (message.seq <= (this.store.chats.get(chat_id)?.last_seq ?? Infinity)) this.forget(client_msg_id);
      else item.isSent = true;
    } catch (error) {
      // Disconnected: the next connection sends it again.
      if (!(error instanceof Problem)) return false;
      if (error.isTransient) await wait(1000 + 1000 * Math.random());
      else item.failed = error.body;
    }
    this.store.changed();
    return true;
  }

  retry(item) {
    item.failed = null;
    this.store.changed();
    this.flush(item.chat_id);
  }

  forget(clientMsgId) {
    localStorage.removeItem(this.prefix + clientMsgId);
    this.items = this.items.filter((item) => item.client_msg_id !== clientMsgId);
    this.store.changed();
  }
}

// The accounts that the user has blocked.

import { call, getAll, has } from './api.js';
import { mayPost } from './chat.js';

const isChange = (kind) => kind === 'account.blocked' || kind === 'account.unblocked';

export class Blocks {
  constructor(store, connection) {
    this.store = store;
    this.ids = new Set();
    this.loading = null;
    if (!has('blocks')) return;
    store.addEventListener('own', ({ detail: { kind, data } }) => {
      if (isChange(kind)) this.note(data.account_id, kind === 'account.blocked');
    });
    // Each new connection reads them again: the events may be missing.
    connection.addEventListener('state', () => connection.state === 'online' && this.load());
  }

  has(id) {
    return this.ids.has(id);
  }

  /** Returns true if the user has blocked the other account of a direct chat. */
  hasPeer(chat) {
    return this.ids.size > 0 && this.has(this.store.peer(chat)?.id);
  }

  /** Returns true if the user may write in a chat, as far as the page knows: a block by the other account is unknown. */
  mayPost(chat) {
    return mayPost(chat) && !this.hasPeer(chat);
  }

  /** Returns the key of the text that says why the user may not write in a chat. */
  reason(chat) {
    if (this.hasPeer(chat)) return 'blocks.blocked';
    return chat.type === 'channel' ? 'composer.onlyAdmins' : 'composer.readOnly';
  }

  async load() {
    const loading = this.loading = getAll('/accounts/me/blocks');
    try {
      const items = await loading;
      // A later change has begun another request.
      if (this.loading !== loading) return;
      this.ids = new Set(items.map(({ account_id: id }) => id));
      this.store.changed();
    } catch {
      // The next connection reads them.
    } finally {
      if (this.loading === loading) this.loading = null;
    }
  }

  note(id, isBlocked) {
    if (isBlocked) this.ids.add(id);
    else this.ids.delete(id);
    // A response that is on its way may be older.
    if (this.loading) this.load();
  }

  /** Blocks an account, or takes it back. Throws Problem or Unreachable. */
  async set(id, isBlocked) {
    let hasEvent = false;
    const listen = ({ detail: { kind, data } }) => { hasEvent ||= isChange(kind) && data.account_id === id; };
    this.store.addEventListener('own', listen);
    try {
      await call(isBlocked ? 'PUT' : 'DELETE', `/accounts/me/blocks/${id}`);
    } finally {
      this.store.removeEventListener('own', listen);
    }
    // Another device may have changed it again: the events are in order, and the answer may be late.
    if (!hasEvent) this.note(id, isBlocked);
    this.store.changed();
  }
}

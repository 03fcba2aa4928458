// The accounts that the page shows, and their presence.

import { get, persistently } from './api.js';
import { t } from './i18n.js';

export class People {
  /** `changed` is called after each change. */
  constructor(changed) {
    this.changed = changed;
    this.known = new Map();
    this.presence = new Map();
  }

  /** Returns an account. It has no name until the response has arrived. */
  find(id) {
    if (!this.known.has(id)) {
      this.known.set(id, { id, username: '', display_name: '…', online: false });
      this.refresh(id);
    }
    return this.known.get(id);
  }

  /** Reads an account. A name that is known stays if that fails; one that is not known is read until there is an answer. */
  refresh(id) {
    const signal = this.presence.get(id);
    const read = () => get(`/accounts/${id}`);
    const reading = this.known.get(id)?.username ? read() : persistently(read);
    return reading.then((person) => {
      // Without a time the presence is hidden from the user: a signal from before the request does not count any more.
      if (!person.last_seen_at && this.presence.get(id) === signal) this.presence.delete(id);
      this.store(person);
    }).catch(() => {});
  }

  /** Stores the given fields of an account. */
  store(person) {
    const known = this.known.get(person.id);
    // An erased account has no name.
    const name = (person.display_name ?? known?.display_name) || t('person.deleted');
    const stored = { online: false, ...known, ...person, display_name: name };
    // A response may be older than a signal that arrived before it: both say when the account was last seen.
    const signal = this.presence.get(person.id);
    if (signal && moment(signal) > moment(stored)) Object.assign(stored, signal);
    this.known.set(person.id, stored);
    this.changed();
  }

  /** Stores the names of a member whose account is not known. */
  storeMember({ account_id: id, username, display_name, avatar, typ }) {
    if (!this.known.get(id)?.username) this.store({ id, username, display_name, avatar, typ });
  }

  /** Keeps a signal, also for an account that is not known yet: its response may be on its way. */
  applyPresence({ account_id: id, online, last_seen_at }) {
    this.presence.set(id, { online, last_seen_at });
    if (this.known.has(id)) this.store({ id });
  }
}

const moment = ({ last_seen_at: at }) => (at ? Date.parse(at) : -Infinity);

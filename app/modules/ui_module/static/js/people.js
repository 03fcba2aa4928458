// The accounts that the page shows, and their presence.

import { Problem, get } from './api.js';
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

  refresh(id) {
    return get(`/accounts/${id}`).then((person) => this.store(person)).catch((error) => {
      // It is read when it is shown the next time. A name that is known stays.
      if (!(error instanceof Problem) && !this.known.get(id)?.username) this.known.delete(id);
    });
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

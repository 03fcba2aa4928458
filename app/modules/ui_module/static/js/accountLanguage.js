// The language of the user's account: mails are written in it, and the page follows it on all devices.

import { call, get, has } from './api.js';

const PATH = '/accounts/me/notifications';

export class AccountLanguage {
  /** `adopt` shows the page in a language that the account has chosen. */
  constructor(store, connection, adopt) {
    this.adopt = adopt;
    /** The user's choice on this page, until the server has it. */
    this.unsaved = null;
    this.reading = null;
    if (!has('notifications')) return;
    store.addEventListener('own', ({ detail: { kind, data } }) => kind === 'notifications.changed' && this.changed(data));
    // Each new connection reads it again: the events may be missing.
    connection.addEventListener('state', () => connection.state === 'online' && this.synchronize());
  }

  /** Follows a change of another device. A response that is on its way may be older. */
  changed(settings) {
    this.reading = null;
    this.follow(settings);
  }

  follow({ language }) {
    if (language && !this.unsaved) this.adopt(language);
  }

  /** Saves a choice. Without a connection the next one saves it. */
  async choose(language) {
    if (!has('notifications')) return;
    this.unsaved = language;
    this.reading = null;
    await this.synchronize();
  }

  async synchronize() {
    const { unsaved } = this;
    try {
      if (unsaved) await call('PUT', PATH, { language: unsaved });
      else {
        const reading = this.reading = get(PATH);
        const settings = await reading;
        if (this.reading === reading) this.follow(settings);
        // For the times in mails.
        if (!settings.time_zone) await call('PUT', PATH, { time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone });
      }
      // The user may have chosen again meanwhile.
      if (unsaved && this.unsaved === unsaved) this.unsaved = null;
    } catch {
      // The next connection tries again.
    }
  }
}

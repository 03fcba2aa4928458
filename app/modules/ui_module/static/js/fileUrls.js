// Addresses of files. They expire, so each is asked for again when it is needed; those of a page of messages at once.

import { call } from './api.js';
import { coalesced, localPath } from './dom.js';

const MOST = 100;
const RENEW_BEFORE_MS = 30_000;

export class FileUrls {
  constructor() {
    this.known = new Map();
    // Promises by file, from the first call until the answer: two views of a file share a request.
    this.awaited = new Map();
    this.unasked = [];
    this.askSoon = coalesced(() => this.askAll());
  }

  /** Returns `url` and `previews` of a file; null if there is none. Throws Problem or Unreachable. `isFresh` asks again. */
  get(id, { isFresh = false } = {}) {
    const known = this.known.get(id);
    if (!isFresh && known && Date.parse(known.url_expires_at) - Date.now() > RENEW_BEFORE_MS) return Promise.resolve(known);
    if (!this.awaited.has(id)) {
      this.awaited.set(id, new Promise((resolve, reject) => this.unasked.push([id, { resolve, reject }])));
      this.askSoon();
    }
    return this.awaited.get(id);
  }

  askAll() {
    const asked = this.unasked.splice(0);
    for (let first = 0; first < asked.length; first += MOST) this.ask(new Map(asked.slice(first, first + MOST)));
  }

  async ask(asked) {
    try {
      const { items: answered } = await call('POST', '/attachments/urls', { ids: [...asked.keys()] });
      const items = answered.map(withLocalPaths);
      for (const item of items) if (item.url) this.known.set(item.id, item);
      const found = new Map(items.map((item) => [item.id, item.url ? item : null]));
      asked.forEach(({ resolve }, id) => resolve(found.get(id) ?? null));
    } catch (error) {
      asked.forEach(({ reject }) => reject(error));
    } finally {
      for (const id of asked.keys()) this.awaited.delete(id);
    }
  }
}

const withLocalPaths = ({ url, previews, ...item }) => ({
  ...item, url: url && localPath(url), previews: previews.map((preview) => ({ ...preview, url: preview.url && localPath(preview.url) })),
});

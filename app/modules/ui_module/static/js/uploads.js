// Files on their way to the server, by tus 1.0: in pieces, so that a broken connection or a reload costs at most one.

import { Problem, Unreachable, call, get, upload as send } from './api.js';
import { newId, wait } from './dom.js';
import { deleteUpload, listUploads, readFile, readUpload, storeFile, storeUpload } from './uploadStorage.js';

export const MAX_FILES = 10;
const PIECE = 4 * 1024 * 1024;
const AT_ONCE = 2;
const LONGEST_PAUSE_MS = 30_000;
/** The server deletes an upload that is unfinished, or in no message, after 24 hours. */
const LIFETIME_MS = 23 * 3600 * 1000;
const TUS = { 'Tus-Resumable': '1.0.0' };
const KEPT = ['key', 'account_id', 'chat_id', 'name', 'type', 'size', 'modified', 'created_at', 'id', 'isDone'];

/** The browser cannot read the file: it was changed or deleted, or is a folder. */
class Unreadable extends Error {}

/**
 * The uploads of this tab. Another tab takes them when this one is closed.
 * Events: `change`, and `progress` with the upload, as often as bytes are sent.
 */
export class Uploads extends EventTarget {
  constructor(store) {
    super();
    this.store = store;
    this.items = [];
    this.running = 0;
    this.listeners = new AbortController();
    store.addEventListener('own', ({ detail }) => this.applyOwn(detail), { signal: this.listeners.signal });
    this.load().catch(() => {});
  }

  find(key) {
    return this.items.find((upload) => upload.key === key);
  }

  of(chatId) {
    return this.items.filter((upload) => upload.chat_id === chatId);
  }

  /** Begins to upload files for a chat. */
  add(chatId, files) {
    for (const file of files) {
      const upload = {
        key: newId(), account_id: this.store.me.id, chat_id: chatId, created_at: Date.now(),
        name: file.name, type: file.type, size: file.size, modified: file.lastModified,
        file, id: null, isDone: false, offset: null, error: null,
      };
      this.own(upload, () => this.take(upload));
      // Without space for the file the user chooses it again after a reload.
      this.keep(upload).then(() => storeFile(upload.key, file)).catch(() => {});
    }
  }

  /** Removes an upload, and ends it on the server. */
  cancel(key) {
    const upload = this.find(key);
    this.forget(key);
    if (upload?.id) call('DELETE', `/attachments/${upload.id}`).catch(() => {});
  }

  /** Removes an upload. The file on the server stays: a message has it. */
  forget(key) {
    const upload = this.find(key);
    if (!upload) return;
    upload.isRemoved = true;
    upload.controller?.abort();
    this.items = this.items.filter((other) => other !== upload);
    deleteUpload(key).catch(() => {}).then(() => upload.release?.());
    this.changed();
  }

  /** Uploads a file again that has failed, or that the server has deleted. */
  retry(key) {
    const upload = this.find(key);
    if (!upload) return;
    Object.assign(upload, { id: null, isDone: false, error: null, offset: null });
    this.keep(upload);
    this.pump();
  }

  /** Goes on with a file that was chosen again. Returns false if it is another file. */
  choose(key, file) {
    const upload = this.find(key);
    if (file.name !== upload.name || file.size !== upload.size || file.lastModified !== upload.modified) return false;
    upload.file = file;
    storeFile(key, file).catch(() => {});
    this.pump();
    return true;
  }

  stop() {
    this.listeners.abort();
    for (const upload of this.items) {
      upload.isRemoved = true;
      upload.controller?.abort();
      upload.release?.();
    }
    this.items = [];
  }

  /** Takes the uploads of an earlier page of this account. */
  async load() {
    for (const { key, account_id: id } of await listUploads()) if (id === this.store.me.id) this.takeOver(key);
  }

  /** Takes an upload that another tab has begun, when that tab is closed. Without locks only an earlier page can have. */
  follow(key) {
    if (navigator.locks && !this.find(key)) this.takeOver(key);
  }

  takeOver(key) {
    this.own({ key }, async (owned) => {
      const upload = await readUpload(key).catch(() => null);
      // Another tab has finished it.
      if (!upload || this.listeners.signal.aborted) return owned.release?.();
      if (await this.isOfNoChat(upload)) return deleteUpload(key).catch(() => {}).then(() => owned.release?.());
      const isOld = Date.now() - upload.created_at > LIFETIME_MS;
      const file = await readFile(key).catch(() => null);
      this.take(Object.assign(owned, upload, { file: file ?? null, offset: null, error: null }, isOld && { id: null, isDone: false }));
    });
  }

  /** Returns true if the user is not in the chat of an upload. A chat that moved while the list was read may not be known. */
  async isOfNoChat({ chat_id: id }) {
    if (this.store.chats.has(id)) return false;
    return get(`/chats/${id}`).then(() => false, (error) => error.status === 404);
  }

  /** Runs `begin` when no other tab has the upload. This tab has it until `release` is called. */
  own(upload, begin) {
    if (!navigator.locks) begin(upload);
    else {
      navigator.locks.request(`messenger.upload.${upload.key}`, () => new Promise((release) => {
        upload.release = release;
        begin(upload);
      }));
    }
  }

  take(upload) {
    this.items.push(upload);
    this.items.sort((a, b) => a.created_at - b.created_at);
    this.pump();
  }

  keep(upload) {
    return storeUpload(Object.fromEntries(KEPT.map((name) => [name, upload[name]]))).catch(() => {});
  }

  changed() {
    this.dispatchEvent(new Event('change'));
    this.store.changed();
  }

  pump() {
    const waiting = this.items.filter(({ file, isDone, isRunning, error }) => file && !isDone && !isRunning && !error);
    for (const upload of waiting.slice(0, AT_ONCE - this.running)) {
      upload.isRunning = true;
      this.running += 1;
      this.run(upload).finally(() => {
        upload.isRunning = false;
        this.running -= 1;
        this.pump();
      });
    }
    this.changed();
  }

  /** Tries until the file is uploaded, refused or removed. */
  async run(upload) {
    for (let failures = 0; !upload.isRemoved; failures += 1) {
      try {
        await this.pass(upload);
        return;
      } catch (error) {
        if (upload.isRemoved) return;
        upload.offset = null;
        if ((error.status === 404 || error.status === 410) && upload.id) {
          // It has expired.
          upload.id = null;
        } else if (!isWorthRetrying(error)) {
          upload.error = { ...error.body, code: explainedBy(error) };
          return;
        }
        const pause = Math.min(LONGEST_PAUSE_MS, 500 * 2 ** failures);
        await Promise.race([wait(pause), this.store.connection.nextOnline()]);
      }
    }
  }

  async pass(upload) {
    const { signal } = upload.controller = new AbortController();
    if (!upload.id) {
      const metadata = [['filename', upload.name], ['content_type', upload.type]].filter(([, value]) => value);
      const response = await send('POST', '/attachments', {
        headers: { ...TUS, 'Upload-Length': upload.size, 'Upload-Metadata': metadata.map(([name, value]) => `${name} ${base64(value)}`).join() }, signal,
      });
      // An upload that begins again has its whole lifetime.
      Object.assign(upload, { id: response.getResponseHeader('Location').split('/').at(-1), offset: 0, created_at: Date.now() });
      await this.keep(upload);
    }
    const path = `/attachments/${upload.id}`;
    upload.offset ??= offsetOf(await send('HEAD', path, { headers: TUS, signal }));
    this.progress(upload, 0);
    while (upload.offset < upload.size) {
      const response = await send('PATCH', path, {
        headers: { ...TUS, 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': upload.offset },
        body: await read(upload.file, upload.offset), signal, onProgress: (bytes) => this.progress(upload, bytes),
      });
      upload.offset = offsetOf(response);
    }
    upload.isDone = true;
    await this.keep(upload);
    this.changed();
  }

  progress(upload, bytes) {
    upload.sent = Math.min(upload.size, (upload.offset ?? 0) + bytes);
    this.dispatchEvent(new CustomEvent('progress', { detail: upload }));
  }

  /** The server says what it thinks of an uploaded file. */
  applyOwn({ kind, data }) {
    const upload = kind === 'attachment.refused' && this.items.find(({ id }) => id === data.id);
    if (!upload) return;
    upload.error = { code: data.reason };
    this.changed();
  }
}

const isWorthRetrying = (error) => error instanceof Unreachable || (error instanceof Problem && (error.isTransient || error.code === 'offset_mismatch'));

function explainedBy(error) {
  if (error instanceof Unreadable) return 'unreadable';
  // The limit of a proxy has no code.
  return error.status === 413 ? 'payload_too_large' : error.code ?? 'internal_error';
}

/** Returns a piece of a file. Throws Unreadable. */
async function read(file, offset) {
  try {
    return await file.slice(offset, offset + PIECE).arrayBuffer();
  } catch {
    throw new Unreadable();
  }
}

const offsetOf = (response) => Number(response.getResponseHeader('Upload-Offset'));

const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

// What the page knows: people, chats and their messages. Events bring it forward, each once, by its number.

import { Problem, call, get, getAll } from './api.js';
import { applyEvent, applyToMessages, moveRead } from './chat.js';
import { settled, soon } from './dom.js';
import { t } from './i18n.js';

const PAGE = 50;
const TYPING_LASTS_MS = 6000;

export class Store extends EventTarget {
  constructor() {
    super();
    this.me = null;
    this.cursor = 0;
    this.people = new Map();
    this.chats = new Map();
    this.joining = new Map();
    this.changed = soon(() => this.dispatchEvent(new Event('change')));
    this.tellReads = settled(() => this.settleReads(), 150);
  }

  /** What a connection needs first: everything at the first time, afterwards the chats that could not be read then. */
  async prepare() {
    if (!this.me) {
      // The account before its chats: what happens in between comes again as an event.
      const me = await get('/accounts/me');
      const chats = await getAll('/chats');
      chats.forEach((chat) => this.addChat(chat));
      this.people.set(me.id, me);
      this.cursor = me.event_seq;
      this.me = me;
      this.changed();
    }
    await Promise.all([...this.joining.keys()].map((id) => this.readJoined(id)));
    return Object.fromEntries([[this.me.id, this.cursor], ...[...this.chats.values()].map((chat) => [chat.id, chat.cursor])]);
  }

  get list() {
    return [...this.chats.values()].sort((one, other) => activity(other) - activity(one));
  }

  get unread() {
    return this.list.reduce((sum, chat) => sum + (chat.unread_count > 0), 0);
  }

  /** A person; until the answer is here, one without a name. */
  person(id) {
    if (!this.people.has(id)) {
      this.people.set(id, { id, username: '', display_name: '…', online: false });
      this.refreshPerson(id);
    }
    return this.people.get(id);
  }

  refreshPerson(id) {
    return get(`/accounts/${id}`).then((person) => this.keepPerson(person)).catch((error) => {
      if (!(error instanceof Problem)) this.people.delete(id);
    });
  }

  keepPerson(person) {
    const known = this.people.get(person.id);
    // An account that is erased has no name.
    const name = (person.display_name ?? known?.display_name) || t('person.deleted');
    this.people.set(person.id, { ...known, ...person, display_name: name });
    this.changed();
  }

  /** One's own account, as the server has it now. */
  keepMe(account) {
    const { event_seq: _, ...changes } = account;
    Object.assign(this.me, changes);
    this.keepPerson(changes);
  }

  /** Whether somebody is at their device: without a connection that is not known of anyone. */
  isOnline(person) {
    return Boolean(person?.online) && this.connection.state === 'online';
  }

  /** The other one of a direct chat. */
  peer(chat) {
    if (chat.type !== 'direct' || !chat.members) return null;
    const other = chat.members.find((member) => member.account_id !== this.me.id);
    return other ? this.person(other.account_id) : null;
  }

  title(chat) {
    return chat.type === 'direct' ? (this.peer(chat)?.display_name ?? '…') : (chat.title ?? '…');
  }

  /** The state of a chat, new or read again. Events up to its `event_seq` are in it; the cursor goes on by itself. */
  addChat(fresh) {
    const own = { cursor: fresh.event_seq, messages: new Map(), quotes: new Map(), typing: new Map(), during: [], members: null, isLoaded: false, hasBefore: true, hasAfter: false, draft: '' };
    const known = this.chats.get(fresh.id) ?? own;
    // Read before an event that has been applied since.
    if (known.event_seq > fresh.event_seq) return known;
    Object.assign(known, fresh);
    this.chats.set(known.id, known);
    if (known.type === 'direct' && !known.members) this.loadMembers(known).catch(() => {});
    this.changed();
    return known;
  }

  async loadMembers(chat) {
    chat.members = await getAll(`/chats/${chat.id}/members`);
    for (const { account_id: id, username, display_name: name } of chat.members) {
      if (!this.people.get(id)?.username) this.people.set(id, { id, username, display_name: name || t('person.deleted'), online: false });
    }
    const peer = this.peer(chat);
    if (peer) this.refreshPerson(peer.id);
    this.changed();
  }

  /** Makes a chat, or finds the direct one that is there. */
  async createChat(request) {
    const made = await call('POST', '/chats', request);
    if (!this.chats.has(made.id)) this.addChat(made);
    return made.id;
  }

  // Messages

  /** The newest page, and the members, whose names it needs. Once; then events keep it up to date. */
  async open(chat) {
    if (!chat.members) this.loadMembers(chat).catch(() => {});
    if (!chat.isLoaded) await this.loadPage(chat, { limit: PAGE });
  }

  loadOlder(chat, limit = PAGE) {
    const first = chat.messages.keys().next().value;
    return chat.hasBefore && first ? this.loadPage(chat, { before_seq: first, limit }) : Promise.resolve();
  }

  /** The messages that follow, where those around an old one are loaded. */
  loadNewer(chat, limit = PAGE) {
    const last = [...chat.messages.keys()].at(-1);
    return chat.hasAfter && last ? this.loadPage(chat, { after_seq: last, limit }) : Promise.resolve();
  }

  /** A page with a message in its middle, in the place of what is loaded. */
  async loadAround(chat, seq) {
    await chat.loading;
    await this.loadPage(chat, { around_seq: seq, limit: PAGE });
  }

  async loadNewest(chat) {
    await chat.loading;
    await this.loadPage(chat, { limit: PAGE });
  }

  loadPage(chat, query) {
    chat.loading ??= this.readPage(chat, query).finally(() => {
      chat.loading = null;
      this.changed();
    });
    return chat.loading;
  }

  async readPage(chat, query) {
    const page = await get(`/chats/${chat.id}/messages`, query);
    const older = query.after_seq ? [...chat.messages.values()] : [];
    const newer = query.before_seq ? [...chat.messages.values()] : [];
    chat.messages = new Map([...older, ...page.items, ...newer].map((message) => [message.seq, message]));
    if (!query.after_seq) chat.hasBefore = page.has_before;
    if (!query.before_seq) chat.hasAfter = page.has_after;
    chat.isLoaded = true;
    // What came while the page was on its way may be missing in it; twice does no harm.
    chat.during.forEach((event) => this.applyToLoaded(chat, event));
    chat.during = [];
  }

  /** A new message belongs to those that are loaded where they reach to the newest. */
  applyToLoaded(chat, event) {
    if (event.kind !== 'message.created' || !chat.hasAfter) applyToMessages(chat.messages, event, this.me.id);
  }

  /** A message that is quoted and not loaded yet. */
  quoted(chat, seq) {
    const known = chat.messages.get(seq) ?? chat.quotes.get(seq);
    if (known || chat.quotes.has(seq)) return known;
    chat.quotes.set(seq, null);
    get(`/chats/${chat.id}/messages/${seq}`).then((message) => {
      chat.quotes.set(seq, message);
      this.changed();
    }).catch(() => chat.quotes.delete(seq));
    return null;
  }

  /** The server went on without us for too long: the chat is read afresh. */
  async readAfresh(id) {
    if (id === this.me.id) {
      const me = await get('/accounts/me');
      const chats = await getAll('/chats');
      const here = new Set(chats.map((chat) => chat.id));
      for (const known of [...this.chats.keys()]) if (!here.has(known)) this.chats.delete(known);
      chats.forEach((chat) => this.addChat(chat));
      this.cursor = Math.max(this.cursor, me.event_seq);
    } else if (this.chats.has(id)) {
      const { isLoaded } = this.chats.get(id);
      const chat = this.addChat(await get(`/chats/${id}`));
      Object.assign(chat, { cursor: chat.event_seq, isLoaded: false, hasAfter: false, members: null });
      if (isLoaded) await this.open(chat);
    }
    this.changed();
  }

  // What the socket brings

  take(frame) {
    if (frame.event) this.apply(frame.event);
    else if (frame.signal) this.hear(frame.signal);
    else if (frame.gap) this.readAfresh(frame.gap.stream_id).catch(() => {});
    this.changed();
  }

  apply(event) {
    if (event.stream_id === this.me.id) {
      if (event.seq > this.cursor) this.applyOwn(event);
      return;
    }
    const chat = this.chats.get(event.stream_id);
    if (!chat) {
      this.joining.get(event.stream_id)?.push(event);
    } else if (event.seq > chat.cursor) {
      chat.cursor = event.seq;
      if (event.seq > chat.event_seq) applyEvent(chat, event, this.me.id);
      applyToPage(chat, event, this);
      if (chat.loading) chat.during.push(event);
      if (chat.isLoaded) this.applyToLoaded(chat, event);
      this.dispatchEvent(new CustomEvent('applied', { detail: { chat, event } }));
    }
  }

  applyOwn({ seq, kind, data }) {
    this.cursor = seq;
    const chat = this.chats.get(data.chat_id);
    if (kind === 'chat.joined' && !(chat && chat.event_seq >= data.event_seq)) {
      this.join(data.chat_id);
    } else if (kind === 'chat.left' && chat && chat.event_seq <= data.event_seq) {
      this.chats.delete(data.chat_id);
    } else if (kind === 'read.moved' && data.read_seq > chat?.read_seq) {
      if (!moveRead(chat, data.read_seq)) this.readState(chat);
    } else if (kind === 'account.updated') {
      this.keepMe(data);
    }
  }

  /** The chats that no cursor was sent of: those that moved while the list was read were on no page of it. */
  complete(chatIds) {
    chatIds.filter((id) => !this.chats.has(id) && !this.joining.has(id)).forEach((id) => this.join(id));
  }

  join(id) {
    this.joining.set(id, []);
    this.readJoined(id).catch(() => {});
  }

  /** What no event tells: how many of the messages that were read elsewhere are deleted. */
  readState(chat) {
    return get(`/chats/${chat.id}`).then((fresh) => this.chats.has(chat.id) && this.addChat(fresh)).catch(() => {});
  }

  /** A chat that the account has joined. Its events wait until it is here. */
  async readJoined(id) {
    try {
      const fresh = await get(`/chats/${id}`);
      const waiting = this.joining.get(id) ?? [];
      this.joining.delete(id);
      const chat = this.addChat(fresh);
      chat.isLoaded = false;
      waiting.forEach((event) => this.apply(event));
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 404) throw error;
      this.joining.delete(id);
    }
  }

  hear(signal) {
    const chat = this.chats.get(signal.chat_id);
    if (signal.kind === 'presence') {
      if (this.people.has(signal.account_id)) this.keepPerson({ id: signal.account_id, online: signal.online, last_seen_at: signal.last_seen_at });
    } else if (signal.kind === 'receipt' && chat) {
      chat.others_read_seq = Math.max(chat.others_read_seq, signal.read_seq);
      const member = chat.members?.find((one) => one.account_id === signal.account_id);
      if (member) member.read_seq = Math.max(member.read_seq, signal.read_seq);
    } else if (signal.kind === 'typing' && chat) {
      clearTimeout(chat.typing.get(signal.account_id));
      chat.typing.delete(signal.account_id);
      if (signal.is_typing) {
        chat.typing.set(signal.account_id, setTimeout(() => {
          chat.typing.delete(signal.account_id);
          this.changed();
        }, TYPING_LASTS_MS));
      }
    }
  }

  // Reading

  /** The reader has seen the messages up to this one. */
  see(chat, seq) {
    if (seq <= chat.read_seq) return;
    chat.isUncounted = !moveRead(chat, seq);
    chat.owesRead = true;
    this.changed();
    this.tellReads();
  }

  /** Tells the server what was read; without a connection, at the next one. */
  settleReads() {
    for (const chat of this.chats.values()) {
      if (!chat.owesRead) continue;
      chat.owesRead = false;
      this.connection.ask('read', { chat_id: chat.id, seq: chat.read_seq })
        .then(() => chat.isUncounted && this.readState(chat))
        .catch(() => { chat.owesRead = true; });
    }
  }
}

const activity = (chat) => Date.parse(chat.last_message?.created_at ?? chat.created_at);

/** What the page itself keeps of a chat, besides its state. */
function applyToPage(chat, { kind, data }, store) {
  if (kind === 'message.created') {
    clearTimeout(chat.typing.get(data.sender_id));
    chat.typing.delete(data.sender_id);
  } else if (['message.edited', 'message.updated', 'message.deleted'].includes(kind)) {
    chat.quotes.delete(data.seq);
  } else if (kind === 'member.added' && chat.members) {
    store.loadMembers(chat).catch(() => {});
  } else if (kind === 'member.removed' && chat.members) {
    chat.members = chat.members.filter((member) => member.account_id !== data.account_id);
  } else if (kind === 'member.changed') {
    const member = chat.members?.find((one) => one.account_id === data.account_id);
    if (member) member.role = data.role;
  } else if (kind === 'chat.deleted') {
    store.chats.delete(chat.id);
  }
}

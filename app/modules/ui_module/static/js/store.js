// What the page knows: people, chats and their messages. Events bring it forward, each once, by its number.

import { Problem, call, get, getAll } from './api.js';
import { settled, soon } from './dom.js';

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
    return Object.fromEntries([[this.me.id, this.cursor], ...[...this.chats.values()].map((chat) => [chat.id, chat.event_seq])]);
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
    this.people.set(person.id, { ...known, ...person });
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

  addChat(fresh) {
    const own = { messages: new Map(), quotes: new Map(), typing: new Map(), during: [], members: null, isLoaded: false, hasBefore: true, draft: '' };
    const known = Object.assign(this.chats.get(fresh.id) ?? own, fresh);
    this.chats.set(known.id, known);
    if (known.type === 'direct' && !known.members) this.loadMembers(known).catch(() => {});
    this.changed();
    return known;
  }

  async loadMembers(chat) {
    chat.members = await getAll(`/chats/${chat.id}/members`);
    for (const { account_id: id, username, display_name: name } of chat.members) {
      if (!this.people.get(id)?.username) this.people.set(id, { id, username, display_name: name, online: false });
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

  loadPage(chat, query) {
    chat.loading ??= this.readPage(chat, query).finally(() => {
      chat.loading = null;
      this.changed();
    });
    return chat.loading;
  }

  async readPage(chat, query) {
    const page = await get(`/chats/${chat.id}/messages`, query);
    const newer = query.before_seq ? [...chat.messages.values()] : [];
    chat.messages = new Map([...page.items, ...newer].map((message) => [message.seq, message]));
    chat.hasBefore = page.has_before;
    chat.isLoaded = true;
    // What came while the page was on its way may be missing in it; twice does no harm.
    chat.during.forEach((event) => applyToMessages(chat, event, this.me.id));
    chat.during = [];
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
      chats.filter((chat) => !this.chats.has(chat.id)).forEach((chat) => this.addChat(chat));
      this.cursor = Math.max(this.cursor, me.event_seq);
    } else if (this.chats.has(id)) {
      const { isLoaded } = this.chats.get(id);
      const chat = this.addChat(await get(`/chats/${id}`));
      Object.assign(chat, { isLoaded: false, members: null });
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
    } else if (event.seq > chat.event_seq) {
      chat.event_seq = event.seq;
      applyToChat(chat, event, this);
      if (chat.loading) chat.during.push(event);
      if (chat.isLoaded) applyToMessages(chat, event, this.me.id);
      this.dispatchEvent(new CustomEvent('applied', { detail: { chat, event } }));
    }
  }

  applyOwn({ seq, kind, data }) {
    this.cursor = seq;
    const chat = this.chats.get(data.chat_id);
    if (kind === 'chat.joined' && !(chat && chat.event_seq >= data.event_seq)) {
      this.joining.set(data.chat_id, []);
      this.readJoined(data.chat_id).catch(() => {});
    } else if (kind === 'chat.left' && chat && chat.event_seq <= data.event_seq) {
      this.chats.delete(data.chat_id);
    } else if (kind === 'read.moved' && chat) {
      moveRead(chat, data.read_seq);
    } else if (kind === 'account.updated') {
      this.keepMe(data);
    }
  }

  /** A chat that we were let into. Its events wait until it is here. */
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
    moveRead(chat, seq);
    chat.owesRead = true;
    this.changed();
    this.tellReads();
  }

  /** Tells the server what was read; without a connection, at the next one. */
  settleReads() {
    for (const chat of this.chats.values()) {
      if (!chat.owesRead) continue;
      chat.owesRead = false;
      this.connection.ask('read', { chat_id: chat.id, seq: chat.read_seq }).catch(() => { chat.owesRead = true; });
    }
  }
}

const activity = (chat) => Date.parse(chat.last_message?.created_at ?? chat.created_at);

function moveRead(chat, seq) {
  chat.read_seq = Math.max(chat.read_seq, Math.min(seq, chat.last_seq));
  chat.unread_count = Math.max(chat.last_seq - chat.read_seq, 0);
}

function applyToChat(chat, { kind, data }, store) {
  const mine = store.me.id;
  switch (kind) {
    case 'message.created':
      chat.last_seq = data.seq;
      chat.last_message = data;
      clearTimeout(chat.typing.get(data.sender_id));
      chat.typing.delete(data.sender_id);
      moveRead(chat, data.sender_id === mine ? data.seq : chat.read_seq);
      break;
    case 'message.edited':
    case 'message.deleted':
      if (chat.last_message?.seq === data.seq) chat.last_message = data;
      chat.quotes.delete(data.seq);
      break;
    case 'member.added':
      chat.member_count += 1;
      if (chat.members) store.loadMembers(chat).catch(() => {});
      break;
    case 'member.removed':
      chat.member_count -= 1;
      if (chat.members) chat.members = chat.members.filter((member) => member.account_id !== data.account_id);
      break;
    case 'member.changed': {
      const member = chat.members?.find((one) => one.account_id === data.account_id);
      if (member) member.role = data.role;
      if (data.account_id === mine) chat.role = data.role;
      break;
    }
    case 'chat.updated': {
      const { chat_id: _, actor_id: __, ...changes } = data;
      Object.assign(chat, changes);
      break;
    }
    case 'chat.deleted':
      store.chats.delete(chat.id);
      break;
  }
}

/** The same event twice changes nothing. */
function applyToMessages(chat, { kind, data }, mine) {
  const known = chat.messages.get(data.seq);
  if (kind === 'message.created') {
    if (!known) chat.messages.set(data.seq, { ...data, reactions: [] });
  } else if (kind === 'message.edited' || kind === 'message.deleted') {
    // No event says which reactions are the reader's own: that is known from before.
    const own = new Set(known?.reactions.filter((reaction) => reaction.mine).map((reaction) => reaction.emoji));
    if (known) chat.messages.set(data.seq, { ...data, reactions: data.reactions.map((reaction) => ({ ...reaction, mine: own.has(reaction.emoji) })) });
  } else if (known && (kind === 'reaction.added' || kind === 'reaction.removed')) {
    const before = known.reactions.find((reaction) => reaction.emoji === data.emoji);
    const own = data.account_id === mine ? kind === 'reaction.added' : Boolean(before?.mine);
    const after = { emoji: data.emoji, count: data.count, mine: own };
    const reactions = before ? known.reactions.map((reaction) => (reaction === before ? after : reaction)) : [...known.reactions, after];
    chat.messages.set(data.seq, { ...known, reactions: reactions.filter((reaction) => reaction.count > 0) });
  }
}

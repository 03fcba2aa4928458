// The state of the page: accounts, chats and their messages. Each event is applied once, by its sequence number.

import { Problem, call, get, getAll, inTurn, persistently } from './api.js';
import { applyEvent, applyToMessages, isMuted, mayChangeMentions, moveRead, rank } from './chat.js';
import { coalesced, debounced, wait } from './dom.js';
import { People } from './people.js';

const PAGE = 50;
/** Each change of the page looks at all loaded messages of the open chat. */
const MOST_LOADED = 300;
const TYPING_LASTS_MS = 6000;
/** The members of a larger chat are read only when they are shown: that may take 100 requests. */
const MOST_MEMBERS = 1000;
/** Names and presence for the list are read by so many requests at a time: a browser opens six connections to a server. */
const MOST_READS = 4;
/** Events often arrive several at a time, such as those of people who are added together. */
const READ_AGAIN_AFTER_MS = 200;

export class Store extends EventTarget {
  /** Maximum cursors of a connection. As many fit in a frame. */
  static mostCursors = 18_000;

  constructor() {
    super();
    this.me = null;
    this.cursor = 0;
    this.chats = new Map();
    this.joining = new Map();
    this.readsOnTheWay = null;
    this.readSoon = inTurn(MOST_READS);
    this.changed = coalesced(() => this.dispatchEvent(new Event('change')));
    this.people = new People(this.changed);
    this.sendReadsSoon = debounced(() => this.sendReads(), 150);
  }

  /**
   * Reads what a connection needs: all state at the first time, later the chats that could not be read before. Returns
   * the cursors by stream.
   */
  async prepare() {
    if (!this.me) {
      // The account is read before its chats: what happens in between is received as an event.
      const me = await get('/accounts/me');
      const chats = await getAll('/chats');
      chats.forEach((chat) => this.addChat(chat));
      this.people.store(me);
      this.cursor = me.event_seq;
      this.me = me;
      this.changed();
    }
    await Promise.all([...this.joining.keys()].map((id) => this.readJoined(id)));
    const chats = this.list.slice(0, Store.mostCursors - 1);
    return Object.fromEntries([[this.me.id, this.cursor], ...chats.map((chat) => [chat.id, chat.cursor])]);
  }

  get list() {
    return [...this.chats.values()].sort((a, b) => rank(a) - rank(b) || activity(b) - activity(a));
  }

  get unread() {
    return [...this.chats.values()].reduce((sum, chat) => sum + (chat.unread_count > 0 && !isMuted(chat)), 0);
  }

  /** The number of chats with unread messages, also of muted ones. */
  get unreadChats() {
    return [...this.chats.values()].filter((chat) => chat.unread_count > 0).length;
  }

  /** The number of unread messages that mention the user, in all chats. */
  get unreadMentions() {
    return [...this.chats.values()].reduce((sum, chat) => sum + (chat.unread_mention_count ?? 0), 0);
  }

  person(id) {
    return this.people.find(id);
  }

  /** Returns who is shown as the author of a message: its sender, or the incoming webhook that has posted it. */
  author({ sender_id: id, via_hook: hook }) {
    return hook ? { id: hook.id, display_name: hook.username ?? hook.name, typ: 'webhook' } : this.person(id);
  }

  /** Returns true for what the user has written, unlike what webhooks post in the user's name. */
  hasWritten({ sender_id: id, via_hook: hook }) {
    return id === this.me.id && !hook;
  }

  /** Stores the fields of the user's own account that the server has sent. */
  storeMe(account) {
    const { event_seq: _, ...changes } = account;
    Object.assign(this.me, changes);
    this.people.store(changes);
  }

  /** Returns true if an account is online. Without a connection, and until it is read again, that is unknown: false. */
  isOnline(person) {
    return Boolean(person?.online) && 'last_seen_at' in person && this.connection.state === 'online';
  }

  /** Returns the other account of a direct chat, or null. */
  peer(chat) {
    if (chat.type !== 'direct' || !chat.members) return null;
    const other = chat.members.find((member) => member.account_id !== this.me.id);
    return other ? this.person(other.account_id) : null;
  }

  /** Returns the avatar of a chat: in a direct chat, that of the other account. */
  avatar(chat) {
    return (chat.type === 'direct' ? this.peer(chat) : chat)?.avatar ?? null;
  }

  title(chat) {
    return chat.type === 'direct' ? (this.peer(chat)?.display_name ?? '…') : (chat.title ?? '…');
  }

  /** Stores the state of a chat. It contains the events up to its `event_seq`. The cursor of a known chat stays. */
  addChat(fresh) {
    const own = { cursor: fresh.event_seq, messages: new Map(), quotes: new Map(), readingThreads: new Map(), typing: new Map(), eventsDuringLoad: [], members: null, isLoaded: false, hasBefore: true, hasAfter: false, draft: '', draftReply: null };
    const known = this.chats.get(fresh.id) ?? own;
    // An event that was applied meanwhile is newer than this state.
    if (known.event_seq > fresh.event_seq) return known;
    const othersReadSeq = Math.max(known.others_read_seq ?? 0, fresh.others_read_seq);
    Object.assign(known, this.withSeen(known, fresh), { others_read_seq: othersReadSeq });
    this.chats.set(known.id, known);
    if (known.type === 'direct' && !known.members) this.readSoon(() => this.readName(known));
    this.changed();
    return known;
  }

  /** Reads the members of a direct chat, among them the one that it is named after, until there is an answer. */
  async readName(chat) {
    if (!chat.members && this.chats.get(chat.id) === chat) await persistently(() => this.loadMembers(chat));
  }

  /**
   * Returns a state without the numbers that the user's reading has changed since. They are sent to the server again, once,
   * and then read again: after a restore from a backup its position is the right one.
   */
  withSeen(known, fresh) {
    known.isReadRepeated = known.read_seq > fresh.read_seq && !known.isReadRepeated;
    if (!known.isReadRepeated) return fresh;
    Object.assign(known, { hasUnsentRead: true, isUnreadCountUnknown: true });
    this.sendReadsSoon();
    const { read_seq: _, unread_count: __, unread_mention_count: ___, ...others } = fresh;
    return others;
  }

  /**
   * Reads the members. However many calls come during a read, one read follows it: its response may be older than they
   * are. The first read begins after `pause` milliseconds.
   */
  loadMembers(chat, pause = 0) {
    chat.areMembersOld = true;
    chat.loadingMembers ??= this.readMembers(chat, pause);
    return chat.loadingMembers;
  }

  async readMembers(chat, firstPause) {
    try {
      for (let pause = firstPause; chat.areMembersOld; pause = READ_AGAIN_AFTER_MS) {
        if (pause) await wait(pause);
        chat.areMembersOld = false;
        const members = await getAll(`/chats/${chat.id}/members`);
        // A list that is older than an event is shown only while there is no other.
        if (chat.areMembersOld && chat.members) continue;
        chat.members = members;
        members.forEach((member) => this.people.storeMember(member));
        this.changed();
      }
    } finally {
      chat.loadingMembers = null;
    }
  }

  /** Creates a chat, or finds the existing direct chat. Returns its id. */
  async createChat(request) {
    const made = await call('POST', '/chats', request);
    if (!this.chats.has(made.id)) this.addChat(made);
    return made.id;
  }

  // Messages

  /** Reads what signals announce about a chat, since a signal may be lost: read positions, and the presence of the peer. */
  readSignalled(chat) {
    this.readState(chat);
    this.refreshPeer(chat);
  }

  async refreshPeer(chat) {
    const peer = this.peer(chat);
    if (peer) await this.people.refresh(peer.id);
  }

  /** Reads the presence of the other account of a direct chat if neither an answer nor a signal has brought it. */
  readPresence(chat) {
    const isUnknown = () => this.peer(chat) && !('last_seen_at' in this.peer(chat));
    if (isUnknown()) this.readSoon(async () => isUnknown() && this.refreshPeer(chat));
  }

  /** Reads what signals have announced without a connection for the chat that is open. Other presence is unknown afterwards. */
  readMissedSignals(open) {
    if (open) this.readSignalled(open);
    for (const chat of this.chats.values()) if (chat !== open) delete this.peer(chat)?.last_seen_at;
  }

  /** Loads the first page to show, and the members unless there are many. Later, events keep both up to date. */
  async open(chat) {
    this.loadFewMembers(chat);
    const firstUnread = chat.unread_count > 0 ? chat.read_seq + 1 : null;
    if (firstUnread && !chat.messages.has(firstUnread)) chat.isLoaded = false;
    if (chat.isLoaded) return;
    // The newest page may lack it: messages arrive meanwhile, and a page of large ones is shorter.
    if (firstUnread) await this.loadAround(chat, firstUnread);
    else await this.loadPage(chat, { limit: PAGE });
  }

  loadFewMembers(chat) {
    if (!chat.members && chat.member_count <= MOST_MEMBERS) this.loadMembers(chat).then(() => this.refreshPeer(chat)).catch(() => {});
  }

  loadOlder(chat) {
    const first = chat.messages.keys().next().value;
    return chat.hasBefore && first ? this.loadPage(chat, { before_seq: first, limit: PAGE }) : Promise.resolve();
  }

  /** Loads the next page of newer messages, after `loadAround`. */
  loadNewer(chat) {
    const last = [...chat.messages.keys()].at(-1);
    return chat.hasAfter && last ? this.loadPage(chat, { after_seq: last, limit: PAGE }) : Promise.resolve();
  }

  /** Replaces the loaded messages by a page with the given message in the middle. */
  async loadAround(chat, seq) {
    await this.loadNext(chat, { around_seq: seq, limit: PAGE });
  }

  async loadNewest(chat) {
    await this.loadNext(chat, { limit: PAGE });
  }

  /** Loads a page after those that are being loaded. Others may wait for the same load, and begin the next one first. */
  async loadNext(chat, query) {
    while (chat.loading) await chat.loading.catch(() => {});
    await this.loadPage(chat, query);
  }

  loadPage(chat, query) {
    chat.loading ??= this.readPage(chat, query).finally(() => {
      Object.assign(chat, { loading: null, eventsDuringLoad: [] });
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
    // Events that arrived during the request may be missing in the page. Applying one twice changes nothing.
    chat.eventsDuringLoad.forEach((event) => this.applyToLoaded(chat, event));
  }

  /** Forgets the oldest loaded messages if there are many. They can be loaded again. */
  forgetOldest(chat) {
    // Before a page that is being loaded, none may be missing.
    if (chat.messages.size <= MOST_LOADED || chat.loading) return;
    chat.messages = new Map([...chat.messages].slice(PAGE - MOST_LOADED));
    chat.hasBefore = true;
  }

  /** Applies an event to the loaded messages. A new message is added only if the messages before it are loaded. */
  applyToLoaded(chat, event) {
    const { kind, data } = event;
    if (kind !== 'message.created' || !chat.hasAfter) applyToMessages(chat.messages, event, this.me.id);
    // The page may not know if a deleted reply was counted, and if a response on its way counts a new one.
    const isCountUnknown = kind === 'message.deleted' || (kind === 'message.created' && chat.readingThreads.has(data.root_seq));
    if (isCountUnknown && chat.messages.has(data.root_seq)) this.readThread(chat, data.root_seq);
  }

  /** Reads the summary of a thread again. */
  async readThread(chat, rootSeq) {
    const reading = get(`/chats/${chat.id}/messages/${rootSeq}`).catch(() => ({}));
    chat.readingThreads.set(rootSeq, reading);
    const { thread } = await reading;
    // A later event has begun another request.
    if (chat.readingThreads.get(rootSeq) !== reading) return;
    chat.readingThreads.delete(rootSeq);
    const root = chat.messages.get(rootSeq);
    if (!root || thread === undefined) return;
    chat.messages.set(rootSeq, { ...root, thread });
    this.changed();
  }

  /** Returns a message of the chat. Throws Problem or Unreachable. */
  async message(chat, seq) {
    return chat.messages.get(seq) ?? get(`/chats/${chat.id}/messages/${seq}`);
  }

  /** Returns the message that a message replies to, or null while it is being loaded. */
  quoted(chat, { reply_to_seq: seq }) {
    // `reply_to` of the reply has neither the webhook that has posted the message nor its entities and files.
    const { quotes } = chat;
    const known = chat.messages.get(seq) ?? quotes.get(seq)?.message;
    if (known || quotes.has(seq)) return known;
    // An event that changes the message removes it: the response may be older.
    const quote = { message: null };
    quotes.set(seq, quote);
    get(`/chats/${chat.id}/messages/${seq}`).then((message) => {
      quote.message = message;
      this.changed();
    }).catch(() => quotes.get(seq) === quote && quotes.delete(seq));
    return null;
  }

  /**
   * Reads a stream's state again: the server no longer has the events after the cursor. Later events move the cursor, so
   * that no other connection reports the gap: the reads are repeated until they succeed.
   */
  async reload(id) {
    const isLoaded = this.chats.get(id)?.isLoaded;
    await persistently(() => (id === this.me.id ? this.reloadOwn() : this.reloadChat(id, isLoaded))).catch(() => {});
    this.changed();
  }

  async reloadOwn() {
    const me = await this.readMe();
    const chats = await getAll('/chats');
    const listed = new Map(chats.map((chat) => [chat.id, chat]));
    // Chats that moved while the list was read may be on none of its pages, or older there.
    const moved = [...this.chats.values()].filter((chat) => !(listed.get(chat.id)?.event_seq >= chat.event_seq));
    chats.forEach((chat) => this.addChat(chat));
    moved.forEach((chat) => this.readSoon(() => persistently(() => this.readMoved(chat)).catch(() => {})));
    this.cursor = Math.max(this.cursor, me.event_seq);
  }

  async readMoved(chat) {
    try {
      const fresh = await get(`/chats/${chat.id}`);
      if (this.chats.get(chat.id) === chat) this.addChat(fresh);
      if (chat.event_seq > fresh.event_seq) await this.readState(chat);
    } catch (error) {
      if (error.status !== 404) throw error;
      if (this.chats.get(chat.id) === chat) this.chats.delete(chat.id);
    }
    this.changed();
  }

  async reloadChat(id, isLoaded) {
    if (!this.chats.has(id)) return;
    const before = this.chats.get(id).others_read_seq;
    const fresh = await get(`/chats/${id}`);
    const isRead = this.chats.get(id)?.others_read_seq > before;
    const chat = this.addChat(fresh);
    // An event that arrived meanwhile was applied to the old state.
    if (chat.event_seq > fresh.event_seq) {
      await this.reloadChat(id, isLoaded);
      return;
    }
    // A direct chat always has the same two.
    const members = chat.type === 'direct' ? chat.members : null;
    // After a restore it may be smaller. A receipt that arrived meanwhile is newer.
    const { others_read_seq } = isRead ? chat : fresh;
    Object.assign(chat, { cursor: chat.event_seq, isLoaded: false, hasAfter: false, quotes: new Map(), members, others_read_seq });
    if (!isLoaded) return;
    // A page that is being loaded may be an older one.
    await this.loadNewest(chat);
    this.loadFewMembers(chat);
  }

  // Frames of the socket

  applyFrame(frame) {
    if (frame.event) this.apply(frame.event);
    else if (frame.signal) this.applySignal(frame.signal);
    else if (frame.gap) this.reload(frame.gap.stream_id);
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
      if (event.seq > chat.event_seq) {
        applyEvent(chat, event, this.me.id);
        if (mayChangeMentions(chat, event, this.me.id)) this.readState(chat);
      }
      applyToPage(chat, event, this);
      if (chat.loading) chat.eventsDuringLoad.push(event);
      if (chat.isLoaded) this.applyToLoaded(chat, event);
      this.dispatchEvent(new CustomEvent('applied', { detail: { chat, event } }));
    }
  }

  applyOwn(event) {
    this.cursor = event.seq;
    const waiting = event.kind !== 'chat.joined' && this.joining.get(event.data.chat_id);
    if (waiting) waiting.push(event);
    else this.applyChangeOfOwn(event);
  }

  applyChangeOfOwn({ kind, data }) {
    const chat = this.chats.get(data.chat_id);
    if (kind === 'chat.joined' && !(chat && chat.event_seq >= data.event_seq)) {
      this.join(data.chat_id);
    } else if (kind === 'chat.left' && chat && chat.event_seq <= data.event_seq) {
      this.chats.delete(data.chat_id);
    } else if (kind === 'read.moved' && data.read_seq > chat?.read_seq) {
      if (!moveRead(chat, data.read_seq)) this.readState(chat);
    } else if (kind === 'chat.settings_changed' && chat) {
      const { chat_id: _, ...settings } = data;
      chat.settings = settings;
      // A response that is on its way may be older.
      if (chat.readingState) this.readState(chat);
    } else if (kind === 'account.updated') {
      this.storeMe(data);
      // The event does not have what other modules add, such as the avatar and the verified address.
      this.readMe();
    }
    this.dispatchEvent(new CustomEvent('own', { detail: { kind, data } }));
  }

  /** Reads the own account again. A response that is older than the last event is left out. */
  readMe() {
    const reading = this.readingMe = get('/accounts/me');
    reading.then((me) => reading === this.readingMe && this.storeMe(me)).catch(() => {});
    return reading;
  }

  /**
   * Reads the chats that no cursor was sent for, given with the numbers where their events start: chats that moved while
   * the list was read may be on none of its pages, and others are too many.
   */
  complete(starts) {
    for (const [id, seq] of Object.entries(starts)) {
      const chat = this.chats.get(id);
      if (seq > chat?.cursor) this.readSoon(() => this.reload(id));
      else if (!chat && !this.joining.has(id)) this.join(id);
    }
  }

  join(id) {
    // A new list: the answer to an earlier read may be older.
    this.joining.set(id, [...this.joining.get(id) ?? []]);
    persistently(() => this.readJoined(id)).catch(() => {});
  }

  /**
   * Reads the state of a chat, such as the numbers of unread messages and mentions, where no event says it. Repeats that if
   * there was another call or an event during the read, which the response may not include. Forgets a chat that the user is
   * not in.
   */
  readState(chat) {
    chat.isStateOld = true;
    chat.readingState ??= this.readStateUntilNew(chat);
    return chat.readingState;
  }

  async readStateUntilNew(chat) {
    try {
      for (;;) {
        chat.isStateOld = false;
        const fresh = await get(`/chats/${chat.id}`);
        if (this.chats.get(chat.id) !== chat) return;
        this.addChat(fresh);
        if (!chat.isStateOld && chat.event_seq <= fresh.event_seq) return;
        await wait(READ_AGAIN_AFTER_MS);
      }
    } catch (error) {
      // Otherwise the numbers stay as they are.
      if (error.status === 404 && this.chats.get(chat.id) === chat) this.chats.delete(chat.id);
      this.changed();
    } finally {
      chat.readingState = null;
    }
  }

  /**
   * Reads a chat that the account has joined. Its events are kept until the response arrives. Leaves out a response after
   * another read has added the chat, or the account has joined it again.
   */
  async readJoined(id) {
    const waiting = this.joining.get(id);
    const isOver = () => !waiting || this.joining.get(id) !== waiting;
    if (isOver()) return;
    let fresh = null;
    try {
      fresh = await get(`/chats/${id}`);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 404) throw error;
    }
    if (isOver()) return;
    this.joining.delete(id);
    if (!fresh) return;
    const chat = this.addChat(fresh);
    chat.isLoaded = false;
    waiting.forEach((event) => (event.stream_id === id ? this.apply(event) : this.applyChangeOfOwn(event)));
  }

  applySignal(signal) {
    const chat = this.chats.get(signal.chat_id);
    if (signal.kind === 'presence') {
      this.people.applyPresence(signal);
    } else if (signal.kind === 'receipt' && chat) {
      chat.others_read_seq = Math.max(chat.others_read_seq, signal.read_seq);
      const member = chat.members?.find(({ account_id: id }) => id === signal.account_id);
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

  /** Moves the read position to a message that the user has seen. */
  see(chat, seq) {
    if (seq <= chat.read_seq) return;
    if (!moveRead(chat, seq)) chat.isUnreadCountUnknown = true;
    chat.hasUnsentRead = true;
    this.changed();
    this.sendReadsSoon();
  }

  /** Sends read positions to the server. Without a connection they are sent after the next one. */
  sendReads() {
    for (const chat of this.chats.values()) {
      if (!chat.hasUnsentRead) continue;
      chat.hasUnsentRead = false;
      const sent = this.connection.ask('read', { chat_id: chat.id, seq: chat.read_seq })
        .catch((error) => {
          // What the server refuses is not sent again.
          if (!(error instanceof Problem) || error.isTransient) throw error;
        })
        .then(() => this.readUnknownState(chat))
        .catch((error) => {
          chat.hasUnsentRead = true;
          // Disconnected: the next connection sends it again.
          if (error instanceof Problem) wait(1000 + 1000 * Math.random()).then(() => this.sendReadsSoon());
        });
      // Without the results: each would contain all earlier ones.
      this.readsOnTheWay = Promise.all([this.readsOnTheWay, sent]).then(() => null);
    }
  }

  async readUnknownState(chat) {
    if (!chat.isUnreadCountUnknown) return;
    chat.isUnreadCountUnknown = false;
    await this.readState(chat);
  }

  /** Resolves when the server knows what the user has seen, or cannot be reached. */
  async readsSent() {
    this.sendReads();
    await this.readsOnTheWay;
  }
}

const activity = (chat) => Date.parse(chat.last_message?.created_at ?? chat.created_at);

/** Applies an event to what the page stores about a chat besides its state. */
function applyToPage(chat, { kind, data }, store) {
  // The account in whose name a webhook posts may go on typing.
  if (kind === 'message.created' && !data.via_hook) {
    clearTimeout(chat.typing.get(data.sender_id));
    chat.typing.delete(data.sender_id);
  } else if (['message.edited', 'message.updated', 'message.deleted'].includes(kind)) {
    chat.quotes.delete(data.seq);
  } else if (['member.added', 'member.removed', 'member.changed'].includes(kind)) {
    if (kind === 'member.removed') chat.members = chat.members?.filter((member) => member.account_id !== data.account_id);
    const changed = kind === 'member.changed' && chat.members?.find(({ account_id: id }) => id === data.account_id);
    if (changed) changed.role = data.role;
    // A response that is on its way may be older.
    const isOld = chat.loadingMembers || (kind === 'member.added' && chat.members);
    if (isOld && chat.member_count <= MOST_MEMBERS) store.loadMembers(chat, READ_AGAIN_AFTER_MS).catch(() => {});
  } else if (kind === 'chat.updated') {
    // Without a changed field, it is one that another module adds, such as the avatar.
    const { chat_id: _, actor_id: __, ...changes } = data;
    if (!Object.keys(changes).length) store.readState(chat);
  } else if (kind === 'chat.deleted') {
    store.chats.delete(chat.id);
  }
}

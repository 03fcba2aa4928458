// A WebSocket client that receives every event exactly once, however often its connection breaks.
//
//     node realtime_client.mjs http://localhost:8788 LOGIN PASSWORD [CHAT_ID]
//
// Prints each event as a line of JSON. With a CHAT_ID, each line of the standard input is sent there.
// Node 22 or newer, or a browser: both have a WebSocket (Node 20 has it behind --experimental-websocket).

const API = '/api/v1';
const NOT_SIGNED_IN = 4401;
// The server refuses what this client sends, the key lacks a scope, or the account has opened too many sockets.
const FINAL_CODES = [1002, 1007, 1008, 1009, 4400, 4403, 4409];

const ANSWER_WITHIN_MS = 10_000;
// Less than AUTH_REFRESH_REUSE_S: a refresh whose answer is lost gets the same answer for so long.
const REFRESH_WITHIN_MS = 4_000;
// Messages that are sent before the first of them is answered. The server closes a socket after some hundred refusals,
// of which it forgives five a second.
const SENT_AT_ONCE = 5;

const sleep = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

/**
 * The chats of one account, as in `GET /chats`, and its streams.
 * `cursors` are the sequence numbers of the events passed to `onEvent`: store both in the same place.
 */
export class Messenger {
  accountId = '';
  chats = {};
  cursors = {};
  // The last event of each chat that the account has left, until it is handled.
  #ends = new Map();
  #unanswered = new Map();
  #sent = new Set();
  #isWaiting = false;
  #socket = null;
  #pause = 0.1;

  constructor(base, tokens, onEvent) {
    Object.assign(this, { base, tokens, onEvent });
  }

  /** Reads the state and its sequence numbers. Later changes come as events. */
  async load() {
    const me = await this.call('/accounts/me');
    const chats = {};
    for (let cursor = ''; cursor !== null;) {
      const page = await this.call(`/chats?limit=200${cursor && `&cursor=${cursor}`}`);
      for (const chat of page.items) chats[chat.id] = chat;
      cursor = page.next_cursor;
    }
    // Known chats that moved while the list was read may be on none of its pages.
    for (const id of Object.keys(this.chats)) if (!chats[id]) await this.#readChat(id);
    Object.assign(this, { accountId: me.id, chats: { ...this.chats, ...chats } });
    // The account may be in these chats again.
    this.#ends.clear();
    this.cursors[me.id] = me.event_seq;
    for (const chat of Object.values(chats)) this.cursors[chat.id] ??= chat.event_seq;
  }

  /** Never returns. Throws an error after which reconnecting is useless. */
  async run() {
    try {
      for (let isRefused = false; ;) {
        try {
          if (isRefused) await this.#refresh(this.tokens);
          isRefused = false;
          const code = await this.#talk();
          isRefused = code === NOT_SIGNED_IN;
          if (FINAL_CODES.includes(code)) throw new Error(`closed with ${code}`);
        } catch (error) {
          // No answer, or a temporary error: try again.
          if (!(error instanceof TypeError) && error.name !== 'TimeoutError' && !(error.status >= 429)) throw error;
        }
        // A restart disconnects all clients at the same moment: spread their return.
        await sleep(this.#pause * (0.5 + Math.random()));
        this.#pause = Math.min(this.#pause * 2, 10);
      }
    } catch (error) {
      // No more answers will come: fail all waiting calls.
      for (const { reject } of this.#unanswered.values()) reject(error);
      this.#unanswered.clear();
      throw error;
    }
  }

  /** The stored message. It is sent until there is an answer, and stored once. */
  send(chatId, text) {
    const id = crypto.randomUUID();
    const frame = { id, action: 'send', data: { chat_id: chatId, client_msg_id: id, text } };
    return new Promise((resolve, reject) => {
      this.#unanswered.set(id, { frame, resolve, reject });
      this.#put();
    });
  }

  /** One GET of the REST API. Refreshes an expired token. */
  async call(path) {
    const { tokens } = this;
    try {
      return await call(this.base, path, { token: tokens.access_token });
    } catch (error) {
      if (error.status !== 401) throw error;
    }
    await this.#refresh(tokens);
    return call(this.base, path, { token: this.tokens.access_token });
  }

  /** Replaces these tokens by a new pair, unless that has happened already. On 401 the user signs in again. */
  async #refresh(tokens) {
    if (tokens !== this.tokens) return;
    const body = { refresh_token: tokens.refresh_token };
    const refresh = (within) => call(this.base, '/accounts/refresh', { body, within });
    this.tokens = await refresh(REFRESH_WITHIN_MS).catch((error) => {
      if (error.status < 500) throw error;
      // The token may be spent: repeat it at once.
      return refresh(ANSWER_WITHIN_MS);
    });
  }

  /** Runs one connection to its end and returns the close code. Frames are handled one after another. */
  #talk() {
    return new Promise((ended, failed) => {
      const socket = new WebSocket(this.base.replace('http', 'ws') + API + '/ws');
      let done = Promise.resolve();
      let heartbeat = 0;
      const end = ({ code }) => {
        socket.onclose = null;
        clearTimeout(timeout);
        clearInterval(heartbeat);
        this.#socket = null;
        done.then(() => ended(code));
      };
      // Without a network the close event may come minutes later.
      const drop = () => {
        socket.onmessage = null;
        socket.close();
        end({});
      };
      let timeout = setTimeout(drop, ANSWER_WITHIN_MS);
      const ping = () => {
        socket.send(JSON.stringify({ id: 'ping', action: 'ping' }));
        timeout = setTimeout(drop, ANSWER_WITHIN_MS);
      };
      socket.onopen = () => {
        const data = { token: this.tokens.access_token, cursors: this.cursors };
        socket.send(JSON.stringify({ id: 'hello', action: 'hello', data }));
      };
      socket.onmessage = ({ data }) => {
        const frame = JSON.parse(data);
        clearTimeout(timeout);
        if (frame.data?.heartbeat_s) heartbeat = setInterval(ping, frame.data.heartbeat_s * 1000);
        // What comes after a frame that could not be handled is left: the next connection sends both again.
        done = done.then(() => socket.onmessage && this.#handle(socket, frame)).catch((error) => {
          failed(error);
          drop();
        });
      };
      socket.onclose = end;
    });
  }

  async #handle(socket, frame) {
    if (frame.reply_to === 'hello' && frame.status === 'ok') {
      this.#socket = socket;
      this.#pause = 0.1;
      // Chats that moved while the list was read, and so were on none of its pages.
      for (const [id, seq] of Object.entries(frame.data.without_cursor)) {
        await this.#readChat(id);
        this.cursors[id] ??= seq;
      }
      this.#sent.clear();
      this.#put();
    } else if (frame.event) {
      await this.#take(frame.event);
    } else if (frame.signal) {
      this.#onSignal(frame.signal);
    } else if (frame.gap) {
      await this.#readAgain(frame.gap);
    } else if (this.#unanswered.has(frame.reply_to)) {
      this.#answer(frame);
    }
  }

  async #take(event) {
    const { stream_id: id, seq } = event;
    if (seq <= (this.cursors[id] ?? 0)) return;
    const chat = this.chats[id];
    if (id === this.accountId) await this.#takeOwn(event);
    else if (chat && seq > chat.event_seq) {
      // The event does not say what the message mentioned before, or which other field has changed.
      if (mayChangeMentions(chat, event, this.accountId) || namesNoChange(event)) await this.#readChat(id);
      else applyEvent(chat, event, this.accountId);
    }
    this.onEvent(event);
    this.#move(id, seq);
  }

  /** Moves a cursor, and removes those of chats that have ended: the server accepts a limited number of them. */
  #move(streamId, seq) {
    this.cursors[streamId] = seq;
    for (const [id, lastSeq] of this.#ends) {
      if (this.cursors[id] < lastSeq) continue;
      delete this.cursors[id];
      this.#ends.delete(id);
    }
  }

  async #takeOwn({ kind, data }) {
    const chat = this.chats[data.chat_id];
    if (kind === 'chat.joined') {
      // Set a cursor now: if the connection breaks before the first event, the chat must not start at its head.
      this.cursors[data.chat_id] ??= data.event_seq - 1;
      this.#ends.delete(data.chat_id);
      await this.#readChat(data.chat_id);
    } else if (kind === 'chat.left') {
      // Otherwise the account is in the chat again.
      if ((this.cursors[data.chat_id] ?? 0) <= data.event_seq) this.#ends.set(data.chat_id, data.event_seq);
      if (chat?.event_seq <= data.event_seq) delete this.chats[data.chat_id];
    } else if (kind === 'read.moved' && data.read_seq > chat?.read_seq) {
      if (data.read_seq === chat.last_seq) markAllRead(chat, data.read_seq);
      // No event says how many of the messages in between are deleted.
      else await this.#readChat(chat.id);
    } else if (kind === 'chat.settings_changed' && chat) {
      const { chat_id: _, ...settings } = data;
      chat.settings = settings;
    }
  }

  /** Reads the state of one chat. It includes the events up to its `event_seq`. */
  async #readChat(id) {
    try {
      this.chats[id] = await this.call(`/chats/${id}`);
    } catch (error) {
      if (error.status !== 404) throw error;
      delete this.chats[id];
    }
  }

  async #readAgain({ stream_id: id, last_seq: seq }) {
    // A client that stores messages of this chat reads them again too: GET /chats/{id}/messages.
    if (id === this.accountId) await this.load();
    else await this.#readChat(id);
    this.#move(id, seq);
  }

  #onSignal(signal) {
    const chat = this.chats[signal.chat_id];
    if (signal.kind === 'receipt' && chat) chat.others_read_seq = Math.max(chat.others_read_seq, signal.read_seq);
  }

  #answer(reply) {
    const { resolve, reject } = this.#unanswered.get(reply.reply_to);
    this.#sent.delete(reply.reply_to);
    if (reply.status === 'error' && [429, 503].includes(reply.error.status)) {
      // Not stored, or unknown: repeat it with the same client_msg_id.
      this.#wait(reply.error.retry_after ?? 1);
      return;
    }
    this.#unanswered.delete(reply.reply_to);
    if (reply.status === 'ok') resolve(reply.data);
    else reject(new Error(reply.error.detail));
    this.#put();
  }

  async #wait(seconds) {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    await sleep(seconds);
    this.#isWaiting = false;
    this.#put();
  }

  /** Sends what has no answer yet. Without a connection, it is sent after the next hello. */
  #put() {
    for (const [id, { frame }] of this.#unanswered) {
      const isFull = this.#sent.size === SENT_AT_ONCE;
      if (isFull || this.#isWaiting || this.#socket?.readyState !== WebSocket.OPEN) return;
      if (this.#sent.has(id)) continue;
      this.#sent.add(id);
      this.#socket.send(JSON.stringify(frame));
    }
  }
}

/** Applies the next event of its stream to a chat as in `GET /chats/{id}`. */
export function applyEvent(chat, { seq, kind, data, at }, accountId) {
  const last = chat.last_message;
  const isOwn = data.account_id === accountId;
  const isOfLast = last && data.seq === last.seq;
  chat.event_seq = seq;
  if (kind === 'message.created') {
    Object.assign(chat, { last_seq: data.seq, last_message: data });
    // A message also moves its sender's read position, without another event.
    if (data.sender_id === accountId) markAllRead(chat, data.seq);
    else {
      chat.others_read_seq = Math.max(chat.others_read_seq, data.seq);
      chat.unread_count += 1;
      if (mentions(data, accountId)) chat.unread_mention_count += 1;
    }
  } else if (['message.edited', 'message.updated', 'message.deleted'].includes(kind)) {
    if (kind === 'message.deleted' && data.seq > chat.read_seq) chat.unread_count -= 1;
    const isMine = (emoji) => last.reactions.some((one) => one.emoji === emoji && one.mine);
    if (isOfLast) chat.last_message = { ...data, reactions: data.reactions.map((one) => ({ ...one, mine: isMine(one.emoji) })) };
  } else if ((kind === 'reaction.added' || kind === 'reaction.removed') && isOfLast) {
    const before = last.reactions.find((one) => one.emoji === data.emoji);
    const mine = isOwn ? kind === 'reaction.added' : Boolean(before?.mine);
    const after = { emoji: data.emoji, count: data.count, mine };
    const reactions = before ? last.reactions.map((one) => (one === before ? after : one)) : [...last.reactions, after];
    chat.last_message = { ...last, reactions: reactions.filter((one) => one.count > 0) };
  } else if (kind === 'member.added') {
    chat.member_count += 1;
    if (isOwn) {
      chat.role = data.role;
      markAllRead(chat, chat.last_seq);
    }
  } else if (kind === 'member.removed') {
    chat.member_count -= 1;
  } else if (kind === 'member.changed' && isOwn) {
    chat.role = data.role;
  } else if (kind === 'chat.updated') {
    const { chat_id: _, actor_id: __, ...changes } = data;
    Object.assign(chat, changes, { updated_at: at });
  }
}

function markAllRead(chat, seq) {
  Object.assign(chat, { read_seq: seq, unread_count: 0 });
  // A server without the module `entities` counts no mentions.
  if ('unread_mention_count' in chat) chat.unread_mention_count = 0;
}

/** Returns true if a message of another account mentions this one. */
export function mentions({ entities = [] }, accountId) {
  return entities.some((entity) => entity.type === 'mention_all' || entity.account_id === accountId);
}

/** Returns true if a change of an unread message may change the number of unread mentions. */
export function mayChangeMentions(chat, { kind, data }, accountId) {
  const isChange = ['message.edited', 'message.deleted'].includes(kind) && data.seq > chat.read_seq;
  return isChange && (chat.unread_mention_count > 0 || mentions(data, accountId));
}

/** Returns true if a field of the chat has changed that events do not carry, such as the avatar. */
const namesNoChange = ({ kind, data }) =>
  kind === 'chat.updated' && Object.keys(data).every((name) => ['chat_id', 'actor_id'].includes(name));

/** Returns the part of a text that an entity covers. Offsets count UTF-16 code units, as slices do here. */
export const entityText = (text, { offset, length }) => text.slice(offset, offset + length);

/** One call of the REST API. Throws an Error with the `status` of the answer, or the TypeError or TimeoutError of fetch. */
export async function call(base, path, { token, body, within = ANSWER_WITHIN_MS } = {}) {
  const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) };
  const response = await fetch(base + API + path, { method: body ? 'POST' : 'GET', headers, body: JSON.stringify(body), signal: AbortSignal.timeout(within) });
  if (!response.ok) throw Object.assign(new Error(`${path}: ${response.status} ${await response.text()}`), { status: response.status });
  return response.json();
}

if (globalThis.process?.argv[1]?.endsWith('realtime_client.mjs')) {
  const [base, login, password, chatId] = process.argv.slice(2);
  const tokens = await call(base, '/accounts/sign-in', { body: { login, password } });
  const messenger = new Messenger(base, tokens, (event) => console.log(JSON.stringify(event)));
  await messenger.load();
  const running = messenger.run();
  if (chatId) {
    const { createInterface } = await import('node:readline');
    createInterface({ input: process.stdin }).on('line', (line) => messenger.send(chatId, line.trim()));
  }
  await running;
}

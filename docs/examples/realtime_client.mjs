// A client of the WebSocket that misses nothing and doubles nothing, however often its connection is cut.
//
//     node realtime_client.mjs http://localhost:8788 LOGIN PASSWORD [CHAT_ID]
//
// Prints each event as a line of JSON. With a CHAT_ID, each line of the standard input is sent there.
// Node 22 or newer, or a browser: both have a WebSocket (Node 20 has it behind --experimental-websocket).

const API = '/api/v1';
const NOT_SIGNED_IN = 4401, BAD_FRAME = 4400, TOO_LARGE = 1009, REPLACED = 4409;

const sleep = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

/** One account's streams. `cursors` are the numbers of what was handed to `onEvent`: keep both together. */
export class Messenger {
  cursors = {};
  #unanswered = new Map();
  #socket = null;

  constructor(base, token, onEvent) {
    Object.assign(this, { base, token, onEvent });
  }

  /** The state and the numbers at which it stood: what comes later comes as events. */
  async load() {
    const me = await call(this.base, '/accounts/me', { token: this.token });
    this.cursors[me.id] = me.event_seq;
    for (let cursor = ''; cursor !== null;) {
      const page = await call(this.base, `/chats?limit=200${cursor && `&cursor=${cursor}`}`, { token: this.token });
      for (const chat of page.items) this.cursors[chat.id] = chat.event_seq;
      cursor = page.next_cursor;
    }
  }

  /** Until the server says that connecting again is of no use. */
  async run() {
    for (let pause = 0.1; ; pause = Math.min(pause * 2, 10)) {
      const { code, greeted } = await this.#talk();
      if ([NOT_SIGNED_IN, BAD_FRAME, TOO_LARGE, REPLACED].includes(code)) throw new Error(`closed with ${code}`);
      if (greeted) pause = 0.1;
      // Everyone was cut off by a restart at the same moment: not everyone comes back at the same moment.
      await sleep(pause * (0.5 + Math.random()));
    }
  }

  /** The message as it stands in the chat. It is sent as often as it takes, and stands there once. */
  send(chatId, text) {
    const id = crypto.randomUUID();
    const frame = { id, action: 'send', data: { chat_id: chatId, client_msg_id: id, text } };
    return new Promise((resolve, reject) => {
      this.#unanswered.set(id, { frame, resolve, reject });
      this.#put(frame);
    });
  }

  /** One connection, to its end. */
  #talk() {
    return new Promise((ended) => {
      const socket = new WebSocket(this.base.replace('http', 'ws') + API + '/ws');
      socket.onopen = () => {
        const data = { token: this.token, cursors: this.cursors };
        socket.send(JSON.stringify({ id: 'hello', action: 'hello', data }));
      };
      let greeted = false;
      socket.onmessage = ({ data }) => {
        const frame = JSON.parse(data);
        if (frame.reply_to === 'hello' && frame.status === 'ok') {
          greeted = true;
          this.#socket = socket;
          for (const { frame } of this.#unanswered.values()) this.#put(frame);
        } else if (frame.event) {
          this.#take(frame.event);
        } else if (frame.gap) {
          // What this stream told before `last_seq` is to be read afresh: GET /chats/{id} and its messages.
          this.cursors[frame.gap.stream_id] = frame.gap.last_seq;
        } else if (this.#unanswered.has(frame.reply_to)) {
          this.#answer(frame);
        }
      };
      socket.onclose = ({ code }) => {
        this.#socket = null;
        ended({ code, greeted });
      };
    });
  }

  #take(event) {
    if (event.seq <= (this.cursors[event.stream_id] ?? 0)) return;
    this.onEvent(event);
    this.cursors[event.stream_id] = event.seq;
    // From here on the chat has a number too: a cut before its first event must not start it at its head.
    if (event.kind === 'chat.joined') this.cursors[event.data.chat_id] ??= event.data.event_seq - 1;
  }

  #answer(reply) {
    const { frame, resolve, reject } = this.#unanswered.get(reply.reply_to);
    if (reply.status === 'error' && [429, 503].includes(reply.error.status)) {
      // Not written, or not known whether: the same client_msg_id again settles it.
      setTimeout(() => this.#put(frame), 1000);
      return;
    }
    this.#unanswered.delete(reply.reply_to);
    if (reply.status === 'ok') resolve(reply.data);
    else reject(new Error(reply.error.detail));
  }

  #put(frame) {
    // What is not sent now is sent after the next hello.
    if (this.#socket?.readyState === WebSocket.OPEN && this.#unanswered.has(frame.id)) {
      this.#socket.send(JSON.stringify(frame));
    }
  }
}

/** One call of the REST API. */
export async function call(base, path, { token, body } = {}) {
  const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) };
  const response = await fetch(base + API + path, { method: body ? 'POST' : 'GET', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

if (globalThis.process?.argv[1]?.endsWith('realtime_client.mjs')) {
  const [base, login, password, chatId] = process.argv.slice(2);
  const tokens = await call(base, '/accounts/sign-in', { body: { login, password } });
  const messenger = new Messenger(base, tokens.access_token, (event) => console.log(JSON.stringify(event)));
  await messenger.load();
  const running = messenger.run();
  if (chatId) {
    const { createInterface } = await import('node:readline');
    for await (const line of createInterface({ input: process.stdin })) await messenger.send(chatId, line.trim());
  }
  await running;
}

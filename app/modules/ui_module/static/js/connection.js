// A WebSocket that reconnects. It sends its cursors, and receives exactly the events after them.

import { Problem, session, socketAddress } from './api.js';
import { wait } from './dom.js';

const LONGEST_PAUSE_MS = 15_000;
const ANSWER_WITHIN_MS = 10_000;
const NOT_SIGNED_IN = 4401;
/** The account has opened too many sockets. Reconnecting automatically would close another one. */
const REPLACED = 4409;

/** The connection was lost before the reply. It is unknown if the server has carried out the request. */
export class Disconnected extends Error {}

/**
 * States: `offline` (no network, or repeated attempts have failed), `connecting`, `online`.
 * Events: `state`, `greeted` with the reply to hello, and `frame` for each frame that is not a reply.
 */
export class Connection extends EventTarget {
  /** `prepare` runs before each connection, and returns the cursors to start from. */
  constructor(prepare) {
    super();
    this.prepare = prepare;
    this.state = 'connecting';
    this.stopped = false;
    this.replaced = false;
    this.failures = 0;
    this.nextId = 1;
    this.replies = new Map();
    this.wakeUp = () => {};
    this.listeners = new AbortController();
    const { signal } = this.listeners;
    addEventListener('offline', () => {
      this.drop();
      this.setState('offline');
    }, { signal });
    addEventListener('online', () => this.wakeUp(), { signal });
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState !== 'visible') return;
      this.wakeUp();
      // The socket may have died while the phone was asleep.
      if (this.state === 'online') this.check();
    }, { signal });
    this.run();
  }

  stop() {
    this.stopped = true;
    this.listeners.abort();
    this.drop();
    this.wakeUp();
  }

  /** Sends a request and returns the data of the reply. Throws Problem, or Disconnected if there was no reply. */
  ask(action, data = {}) {
    // A socket that is closing sends nothing. Its close event follows a moment later.
    if (this.state !== 'online' || this.socket.readyState !== WebSocket.OPEN) return Promise.reject(new Disconnected());
    return this.request(action, data);
  }

  /** Resolves when the connection becomes online the next time. */
  nextOnline() {
    return new Promise((resolve) => {
      const listen = () => {
        if (this.state !== 'online') return;
        this.removeEventListener('state', listen);
        resolve();
      };
      this.addEventListener('state', listen);
    });
  }

  request(action, data) {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.replies.set(id, { resolve, reject });
      this.socket.send(JSON.stringify({ id, action, data }));
    });
  }

  async run() {
    while (!this.stopped) {
      if (navigator.onLine) {
        this.setState(this.failures > 1 ? 'offline' : 'connecting');
        await this.connect().catch((error) => this.fail(error));
      }
      if (this.stopped) return;
      this.setState(navigator.onLine && this.failures <= 1 ? 'connecting' : 'offline');
      if (this.replaced) {
        // Wait until the user returns to this page.
        await new Promise((resolve) => { this.wakeUp = resolve; });
        continue;
      }
      const pause = Math.min(LONGEST_PAUSE_MS, 250 * 1.8 ** this.failures) * (0.7 + 0.6 * Math.random());
      await Promise.race([wait(navigator.onLine ? pause : LONGEST_PAUSE_MS), new Promise((resolve) => { this.wakeUp = resolve; })]);
    }
  }

  fail(error) {
    this.failures += 1;
    if (!(error instanceof Disconnected) && error.name === 'TypeError') console.error(error);
  }

  /** Runs one connection, from opening the socket to its close. */
  async connect() {
    const cursors = await this.prepare();
    let token = await session.token();
    if (token === this.refused) token = await session.token(token);
    if (this.stopped || !navigator.onLine) throw new Disconnected();
    const socket = new WebSocket(socketAddress());
    this.socket = socket;
    const closed = new Promise((resolve) => { this.closed = resolve; });
    socket.onclose = ({ code }) => this.drop(code);
    socket.onmessage = ({ data }) => this.receive(JSON.parse(data));
    const timeout = setTimeout(() => this.drop(), ANSWER_WITHIN_MS);
    let heartbeat = 0;
    socket.onopen = async () => {
      try {
        const hello = await this.request('hello', { token, cursors });
        clearTimeout(timeout);
        this.failures = 0;
        this.refused = null;
        this.dispatchEvent(new CustomEvent('greeted', { detail: hello }));
        this.setState('online');
        heartbeat = setInterval(() => this.check(), hello.heartbeat_s * 1000);
      } catch {
        // The close code says why.
      }
    };
    const code = await closed;
    clearTimeout(timeout);
    clearInterval(heartbeat);
    if (code === NOT_SIGNED_IN) this.refused = token;
    this.replaced = code === REPLACED;
    this.failures += 1;
  }

  /** Pings the server, and drops a socket on which nothing arrives then. The reply may be behind much else. */
  check() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.drop(), ANSWER_WITHIN_MS);
    this.ask('ping').catch(() => {});
  }

  /** Drops the socket at once: without a network its close event may come minutes later. */
  drop(code = 0) {
    const { socket } = this;
    if (!socket) return;
    clearTimeout(this.silence);
    this.socket = null;
    socket.onclose = socket.onmessage = socket.onopen = null;
    socket.close();
    for (const { reject } of this.replies.values()) reject(new Disconnected());
    this.replies.clear();
    this.setState(navigator.onLine ? 'connecting' : 'offline');
    this.closed(code);
  }

  receive(frame) {
    clearTimeout(this.silence);
    if (!('reply_to' in frame)) {
      this.dispatchEvent(new CustomEvent('frame', { detail: frame }));
      return;
    }
    const reply = this.replies.get(frame.reply_to);
    this.replies.delete(frame.reply_to);
    if (frame.status === 'ok') reply?.resolve(frame.data);
    else reply?.reject(new Problem(frame.error, frame.error.status));
  }

  setState(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event('state'));
  }
}

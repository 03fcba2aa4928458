// Requests to the server, and the session with its tokens.

import { newId, wait } from './dom.js';
import { local } from './storage.js';

const PREFIX = document.querySelector('meta[name="api-prefix"]').content;
const MODULES = new Set(document.querySelector('meta[name="modules"]').content.split(' '));
const KEY = 'messenger.session';
const DEVICE_KEY = 'messenger.device';
const RENEW_BEFORE_MS = 60_000;
const ANSWER_WITHIN_MS = 30_000;
/** Shorter than the time in which the server repeats the answer to a refresh. */
const REFRESH_WITHIN_MS = 4000;
const STALLED_AFTER_MS = 60_000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

export const apiAddress = (path) => PREFIX + path;
export const socketAddress = () => `${location.origin.replace(/^http/, 'ws')}${PREFIX}/ws`;

/** The server refused a request. `body` is the problem document. */
export class Problem extends Error {
  constructor(body, status) {
    super(body.title ?? `HTTP ${status}`);
    this.body = body;
    this.status = status;
    this.code = body.code ?? 'http_error';
  }

  /** True if the same request may succeed later. */
  get isTransient() {
    return [429, 500, 502, 503, 504].includes(this.status);
  }
}

/** There was no response. */
export class Unreachable extends Error {}

/** The tokens, in local storage: all tabs share one session, and only one of them refreshes it at a time. */
class Session extends EventTarget {
  /** The sign-in that this tab belongs to. It stays when tokens are refreshed, or the user signs in again. */
  opening = this.tokens?.opening;

  get tokens() {
    try {
      return JSON.parse(local.read(KEY));
    } catch {
      return null;
    }
  }

  get isOpen() {
    return this.tokens !== null;
  }

  store(pair) {
    local.write(KEY, JSON.stringify({ ...pair, until: Date.now() + pair.expires_in * 1000 }));
  }

  end() {
    local.remove(KEY);
    this.dispatchEvent(new Event('ended'));
  }

  /**
   * Returns an access token that does not expire soon and is not `refused`. Throws Problem if the session has ended,
   * or Unreachable.
   */
  async token(refused = null) {
    const isValid = (tokens) => tokens && tokens.access_token !== refused && tokens.until - Date.now() > Math.min(RENEW_BEFORE_MS, tokens.expires_in * 200);
    if (isValid(this.tokens)) return this.tokens.access_token;
    return runExclusively(async () => {
      // Another tab may have refreshed the session meanwhile.
      const tokens = this.tokens;
      if (isValid(tokens)) return tokens.access_token;
      if (!tokens) throw new Problem({ code: 'unauthenticated' }, 401);
      try {
        const pair = await refreshed(tokens.refresh_token);
        this.store({ ...pair, opening: tokens.opening });
        return pair.access_token;
      } catch (error) {
        if (error instanceof Problem && error.status === 401) this.end();
        throw error;
      }
    });
  }
}

export const session = new Session();
// The user has signed out in another tab, or signed in, perhaps to another account.
addEventListener('storage', (event) => {
  if (event.key !== KEY) return;
  if (event.newValue === null) session.dispatchEvent(new Event('ended'));
  else if (session.isOpen && session.tokens.opening !== session.opening) session.dispatchEvent(new Event('replaced'));
});

/** Returns the next tokens. A lost answer is asked for again at once: a moment later the same call would end the session. */
async function refreshed(token) {
  const ask = (within) => request('POST', '/accounts/refresh', { refresh_token: token }, undefined, { within });
  try {
    return await ask(REFRESH_WITHIN_MS);
  } catch (error) {
    // A 5xx, such as that of a proxy, does not say whether the token is spent.
    if (error instanceof Problem && error.status < 500) throw error;
    return ask(ANSWER_WITHIN_MS);
  }
}

let queue = Promise.resolve();

/** Runs one function at a time: in all tabs if the browser has locks (https and localhost), else in this tab. */
function runExclusively(run) {
  if (navigator.locks) return navigator.locks.request(KEY, run);
  const turn = queue.then(run);
  queue = turn.catch(() => {});
  return turn;
}

/** Sends a request with the user's access token, and returns the body of the response. Throws Problem or Unreachable. */
export const call = (method, path, body, options) => withToken((token) => request(method, path, body, token, options));

/**
 * Sends a request of an upload, and returns the finished XMLHttpRequest. `onProgress` receives the number of bytes that
 * are sent. Throws Problem or Unreachable.
 */
export const upload = (method, path, options) => withToken((token) => requestOfUpload(method, path, options, token));

async function withToken(send) {
  const token = await session.token();
  try {
    return await send(token);
  } catch (error) {
    // The token is valid, but its session was opened too long ago for this call.
    const isTooOld = error.code === 'reauthentication_required';
    if (!(error instanceof Problem) || error.status !== 401 || isTooOld) throw error;
    return send(await session.token(token));
  }
}

export const get = (path, query = {}) => {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '');
  return call('GET', given.length ? `${path}?${new URLSearchParams(given)}` : path);
};

/** Returns the items of all pages of a list. */
export async function getAll(path) {
  const items = [];
  let cursor = null;
  do {
    const page = await get(path, { limit: 200, cursor });
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return items;
}

/** Repeats a read that may succeed later, after a pause that grows. Throws the Problem of a refusal. */
export async function persistently(read) {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof Unreachable) && !error.isTransient) throw error;
    }
    await wait(pause * (0.7 + 0.6 * Math.random()));
  }
}

/** Returns a function that runs the given reads in their order, at most `atOnce` at a time. */
export function inTurn(atOnce) {
  const waiting = [];
  let running = 0;
  async function work() {
    running += 1;
    while (waiting.length) await waiting.shift()().catch(() => {});
    running -= 1;
  }
  return (read) => {
    waiting.push(read);
    if (running < atOnce) work();
  };
}

/** True if the server has this module. */
export const has = (name) => MODULES.has(name);

/** Asks for a mail with a link to a new password. The answer is the same for every address. */
export const forgotPassword = (email) => request('POST', '/accounts/password/forgot', { email });

/** Sets a new password with the token of a mail. All sessions of the account end. */
export const resetPassword = (token, newPassword) => request('POST', '/accounts/password/reset', { token, new_password: newPassword });

/** Confirms an address with the token of a mail. */
export const confirmEmail = (token) => request('POST', '/accounts/email/confirm', { token });

/** Returns false if the account is created only when the link of a mail is followed. */
export async function signUp(form) {
  const created = await request('POST', '/accounts/sign-up', form);
  if (created) await signIn(form.username, form.password);
  return created !== null;
}

const thisDevice = () => {
  const device = local.read(DEVICE_KEY);
  return device ? { device_token: device } : {};
};

function openSession({ device_token, ...pair }) {
  // Kept after signing out: with it, wrong passwords of strangers do not delay the user's sign-in in this browser.
  local.write(DEVICE_KEY, device_token);
  session.opening = newId();
  session.store({ ...pair, opening: session.opening });
}

/** Throws a Problem `second_factor_required` with a ticket if the account has a second factor. */
export async function signIn(login, password) {
  openSession(await request('POST', '/accounts/sign-in', { login, password, ...thisDevice() }));
}

export async function signInWithCode(ticket, code) {
  openSession(await request('POST', '/accounts/second-factor', { ticket, code }));
}

/** True if this browser can sign in with a passkey here. No passkey is bound to an IP address. */
export const canUsePasskeys = () => has('passkeys') && 'parseRequestOptionsFromJSON' in (window.PublicKeyCredential ?? {}) && !/^[\d.]+$|:/.test(location.hostname);

/** Returns false if the user has cancelled, or has no passkey for this server. */
export async function signInWithPasskey() {
  const options = await request('POST', '/accounts/passkeys/options');
  let credential;
  try {
    credential = await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  } catch {
    return false;
  }
  openSession(await request('POST', '/accounts/passkeys/sign-in', { credential: credential.toJSON(), ...thisDevice() }));
  return true;
}

export const listProviders = () => request('GET', '/auth/providers');

/** Opens a session with the code that a provider has sent the browser back with. Throws Problem as `signIn` does. */
export async function signInWithProvider({ code, verifier }) {
  const form = new URLSearchParams({ grant_type: 'authorization_code', code, code_verifier: verifier, ...thisDevice() });
  openSession(await request('POST', '/accounts/token', form));
}

export const linkIdentity = ({ code, verifier }) => call('POST', '/accounts/me/identities', { code, code_verifier: verifier });

export async function signOut() {
  try {
    await call('POST', '/accounts/sign-out');
  } finally {
    session.end();
  }
}

/**
 * Replaces the session by the one that `open` opens, unless that returns false. All tabs start again if it belongs to
 * another account. Returns true if it belongs to the same one: then `renewed` is dispatched.
 */
export async function renewSession(open) {
  const before = await get('/accounts/me');
  const { access_token: old, opening } = session.tokens;
  if (await open() === false) return false;
  const continueAs = (name) => {
    session.opening = name;
    local.write(KEY, JSON.stringify({ ...session.tokens, opening: name }));
  };
  continueAs(opening);
  await request('POST', '/accounts/sign-out', undefined, old).catch(() => {});
  const after = await get('/accounts/me').catch(() => null);
  if (after?.id === before.id) {
    session.dispatchEvent(new Event('renewed'));
    return true;
  }
  continueAs(newId());
  session.dispatchEvent(new Event('replaced'));
  return false;
}

async function request(method, path, body, token, { within = ANSWER_WITHIN_MS, ...options } = {}) {
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  const isForm = body instanceof URLSearchParams;
  if (body !== undefined && !isForm) headers['Content-Type'] = 'application/json';
  let response;
  try {
    response = await fetch(PREFIX + path, { ...options, method, headers, cache: 'no-store', body: body === undefined || isForm ? body : JSON.stringify(body), signal: AbortSignal.timeout(within) });
    const text = await response.text();
    const answer = text ? JSON.parse(text) : null;
    if (response.ok) return answer;
    throw new Problem(answer ?? {}, response.status);
  } catch (error) {
    if (error instanceof Problem) throw error;
    // A proxy has answered with something that is not JSON.
    if (response && !response.ok) throw new Problem({}, response.status);
    throw new Unreachable(String(error));
  }
}

/** XMLHttpRequest: `fetch` does not say how much of a body is sent. */
function requestOfUpload(method, path, { headers = {}, body = null, signal, onProgress = () => {} }, token) {
  return new Promise((resolve, reject) => {
    // It may have been cancelled while the token was refreshed.
    if (signal?.aborted) {
      reject(new Unreachable());
      return;
    }
    const xhr = new XMLHttpRequest();
    const giveUp = () => xhr.abort();
    let stalled = setTimeout(giveUp, STALLED_AFTER_MS);
    const goesOn = () => {
      clearTimeout(stalled);
      stalled = setTimeout(giveUp, STALLED_AFTER_MS);
    };
    xhr.open(method, PREFIX + path);
    for (const [name, value] of Object.entries({ ...headers, Authorization: `Bearer ${token}` })) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = ({ loaded }) => {
      goesOn();
      onProgress(loaded);
    };
    xhr.onload = () => {
      if (xhr.status < 300) resolve(xhr);
      else reject(new Problem(problemIn(xhr.responseText), xhr.status));
    };
    xhr.onerror = xhr.onabort = () => reject(new Unreachable());
    xhr.onloadend = () => {
      clearTimeout(stalled);
      signal?.removeEventListener('abort', giveUp);
    };
    signal?.addEventListener('abort', giveUp);
    xhr.send(body);
  });
}

/** Returns the problem document of an error response. A proxy answers with something else. */
function problemIn(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

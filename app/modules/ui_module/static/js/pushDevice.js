// Notifications on this device while the page is closed: the push subscription of the browser, and that of the server.

import { call, get, has, session } from './api.js';
import { wait } from './dom.js';
import { local } from './storage.js';

const KEY = 'messenger.push';
const PATH = '/accounts/me/push-subscriptions';
const WORKER = '/ui/sw.js';
const SCOPE = '/ui/';
/** A firewall may leave the browser waiting for its push service, and then all later changes. */
const SUBSCRIBES_WITHIN_MS = 30_000;
/** After these the device subscribes again at once. After others, such as too many devices, only at the next start. */
const SUBSCRIBES_AGAIN_AFTER = ['rotated', 'gone', 'session_ended'];

// The page may start a worker from this address only.
const policy = window.trustedTypes?.createPolicy('worker', { createScriptURL: () => WORKER });

/** True if the browser receives notifications for this page: over https and on localhost only. */
const isSupported = 'serviceWorker' in navigator && 'locks' in navigator && 'PushManager' in window && 'Notification' in window;

/** The switch of this device. Events: `change`. */
export class PushDevice extends EventTarget {
  constructor(store, connection) {
    super();
    this.store = store;
    this.error = null;
    this.isSynchronized = false;
    if (!has('push') || !isSupported) return;
    store.addEventListener('own', ({ detail: { kind, data } }) => kind === 'push.unsubscribed' && this.replace(data));
    connection.addEventListener('state', () => connection.state === 'online' && !this.isSynchronized && this.synchronize());
    // Another tab has turned it on or off.
    addEventListener('storage', ({ key }) => key === KEY && this.dispatchEvent(new Event('change')), { signal: connection.listeners.signal });
  }

  /** `unsupported` by the browser, `denied` by its user, `on` or `off`. */
  get state() {
    if (!isSupported) return 'unsupported';
    if (Notification.permission === 'denied') return 'denied';
    return this.kept && Notification.permission === 'granted' ? 'on' : 'off';
  }

  /** What this browser has stored about the switch while it is on for this account: the subscription, once there is one. */
  get kept() {
    const kept = JSON.parse(local.read(KEY));
    return kept?.account === this.store.me?.id ? kept : null;
  }

  keep(subscription = {}) {
    local.write(KEY, JSON.stringify({ account: this.store.me.id, ...subscription }));
  }

  /** Asks the user for the permission, and subscribes this device. Call it in the listener of a click. */
  async turnOn() {
    const permission = await Notification.requestPermission();
    await this.change(async () => {
      if (permission === 'default') throw new NotAllowed();
      if (permission !== 'granted') return;
      this.keep();
      try {
        await this.subscribe();
      } catch (error) {
        local.remove(KEY);
        await unsubscribe().catch(() => {});
        throw error;
      }
    });
  }

  turnOff() {
    const before = this.kept;
    // The page may be closed before the changes that are under way are over.
    local.remove(KEY);
    return this.change(async () => {
      const kept = this.kept ?? before;
      local.remove(KEY);
      const ended = await Promise.allSettled([kept?.id && call('DELETE', `${PATH}/${kept.id}`), unsubscribe()]);
      // One of both is enough: the server forgets a device that its push service does not know.
      if (ended.some(({ status }) => status === 'fulfilled')) return;
      this.keep(kept);
      throw ended[0].reason;
    });
  }

  /** Makes the subscriptions of the browser and the server match the switch. */
  synchronize() {
    return this.change(async () => {
      if (!this.kept) await unsubscribe();
      else if (Notification.permission === 'granted') await this.subscribe();
      this.isSynchronized = true;
    });
  }

  /** Subscribes again, after the server has ended the subscription with this id. */
  async replace({ id, reason }) {
    if (!SUBSCRIBES_AGAIN_AFTER.includes(reason)) return;
    await this.change(async () => {
      // Another tab may have done it.
      if (this.kept?.id !== id) return;
      this.keep();
      await this.subscribe();
    });
  }

  /** Ends the notifications of an account that has signed out. The server has ended its subscription with the session. */
  async forget() {
    if (!isSupported) return;
    if (this.kept) local.remove(KEY);
    await navigator.locks.request(KEY, async () => {
      // A page with another session has the switch of its own account.
      if (session.isOpen) return;
      local.remove(KEY);
      await unsubscribe();
    }).catch(() => {});
  }

  /** Subscribes this device where that is needed. Throws Problem, Unreachable or the browser's DOMException. */
  async subscribe() {
    const { kept } = this;
    const { pushManager } = await startWorker();
    const { public_key: key } = await get('/push/key');
    let subscription = await pushManager.getSubscription();
    if (subscription && kept.key !== key) {
      await subscription.unsubscribe();
      subscription = null;
    }
    subscription ??= await inTime(pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
    const { endpoint } = subscription;
    if (endpoint === kept.endpoint && await isSubscribed(kept.id)) return;
    const { id } = await call('PUT', PATH, subscription.toJSON());
    this.keep({ id, key, endpoint });
  }

  /** Runs a change after those of this and other tabs. What fails is the `error` until another change succeeds. */
  async change(run) {
    try {
      await navigator.locks.request(KEY, run);
      this.error = null;
    } catch (error) {
      // The next connection tries again.
      Object.assign(this, { error, isSynchronized: false });
    }
    this.dispatchEvent(new Event('change'));
  }
}

/** The user has closed the question of the browser without an answer. */
export class NotAllowed extends Error {}

/** Returns what the push service answers. Throws DOMException, as if it had refused, if there is no answer. */
function inTime(answer) {
  return Promise.race([answer, wait(SUBSCRIBES_WITHIN_MS).then(() => { throw new DOMException('no answer', 'TimeoutError'); })]);
}

/** Returns true if the server has this subscription of the present session. */
async function isSubscribed(id) {
  const { items } = await get(PATH);
  return items.some((item) => item.current && item.id === id);
}

/** Returns the registration of the service worker, once it is active: others cannot be subscribed. */
async function startWorker() {
  const registration = await navigator.serviceWorker.register(policy?.createScriptURL('') ?? WORKER, { scope: SCOPE });
  const worker = registration.installing ?? registration.waiting;
  while (!registration.active) {
    if (worker.state === 'redundant') throw new DOMException('the worker was not installed', 'AbortError');
    await new Promise((resolve) => worker.addEventListener('statechange', resolve, { once: true }));
  }
  return registration;
}

/** Ends the subscription of the browser, and closes what it has shown. */
async function unsubscribe() {
  const registration = await navigator.serviceWorker.getRegistration(SCOPE);
  if (!registration) return;
  const subscription = await registration.pushManager.getSubscription();
  await subscription?.unsubscribe();
  for (const notification of await registration.getNotifications()) notification.close();
}

// Starts the page: the sign-in form, or the chats of the signed-in user.

import { AccountLanguage } from './accountLanguage.js';
import { confirmEmail, has, linkIdentity, session } from './api.js';
import { showBadge } from './badge.js';
import { Blocks } from './blocks.js';
import { Connection } from './connection.js';
import { debounced, h, toast } from './dom.js';
import { Drafts } from './drafts.js';
import { FileUrls } from './fileUrls.js';
import { chooseLanguage, currentLanguage, explain, languages, t } from './i18n.js';
import { takeMailLink } from './mailLinks.js';
import { keepLink, signInWithReturn, takeLink, takeReturn } from './providers.js';
import { PushDevice } from './pushDevice.js';
import { SendQueue } from './sendQueue.js';
import { local } from './storage.js';
import { Store } from './store.js';
import { Uploads } from './uploads.js';
import { authView } from './views/auth.js';
import { closeDialogs, confirmed } from './views/dialogs.js';
import { attempt } from './views/forms.js';
import { Shell } from './views/shell.js';
import { signsInAgain, withRecentSignIn } from './views/signInAgain.js';

const THEME = 'messenger.theme';
// Without these modules the page can only do what the links of mails are for.
const missing = ['accounts', 'chats', 'messages', 'sockets'].filter((name) => !has(name));
const root = document.getElementById('app');
let running = null;
let resetToken = null;
let ticket = null;

const settings = {
  /** Shows the page in a language, which becomes that of the account. Returns its shell if the user is signed in. */
  chooseLanguage(name) {
    chooseLanguage(name);
    show();
    running?.language.choose(name);
    return running?.shell;
  },
  /** `light`, `dark`, or `system`: the theme of the operating system. */
  theme: () => local.read(THEME) ?? 'system',
  chooseTheme(theme) {
    if (theme === 'system') local.remove(THEME);
    else local.write(THEME, theme);
    applyTheme();
  },
  switchTheme() {
    const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
    const shown = document.documentElement.dataset.theme ?? (isDark ? 'dark' : 'light');
    settings.chooseTheme(shown === 'dark' ? 'light' : 'dark');
  },
};

function applyTheme() {
  const theme = settings.theme();
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  // The colour of the bars around the page.
  for (const [at, name] of ['light', 'dark'].entries()) {
    document.querySelectorAll('meta[name=theme-color]')[at].media = theme === 'system' ? `(prefers-color-scheme: ${name})` : theme === name ? 'all' : 'not all';
  }
}

/** Shows the page in the language of the account. */
function adoptLanguage(name) {
  if (name === currentLanguage() || !languages.includes(name)) return;
  chooseLanguage(name);
  show();
}

/** Renders the page in the current language. */
function show() {
  document.documentElement.lang = currentLanguage();
  document.title = t('app.name');
  running?.shell?.unmount();
  if (missing.length && !resetToken) {
    root.replaceChildren(h('main', { class: 'auth' }, h('p', { class: 'hint' }, t('app.missing', { names: missing.join(', ') }))));
    return;
  }
  if (resetToken || !session.isOpen) {
    root.replaceChildren(authView(settings, start, { resetToken, ticket, onReset: endReset }));
    root.querySelector('input').focus();
    return;
  }
  running.shell = new Shell({ ...running, settings });
  root.replaceChildren(running.shell.element);
  running.shell.update();
}

function endReset() {
  resetToken = null;
  // The page was open and signed in when the link was followed, or no user can sign in here.
  if (session.isOpen || missing.length) show();
}

/** Does what the link of a mail is for, if one opened the page or was followed while it is open. */
async function followMailLink() {
  const link = takeMailLink();
  if (link?.purpose === 'reset') {
    resetToken = link.token;
    show();
  } else if (link) {
    try {
      await confirmEmail(link.token);
      toast(t('auth.confirmed'));
    } catch (error) {
      toast(explain(error));
    }
  }
}

/** Goes on with a sign-in whose provider has sent the browser back. */
async function followReturn(returned) {
  if (returned.error) {
    toast(t(`provider.${returned.error}`));
    return;
  }
  if (returned.purpose === 'link') return;
  const isAgain = session.isOpen;
  try {
    await signInWithReturn(returned);
    if (isAgain) toast(t('again.done'));
    else start();
  } catch (error) {
    if (error.code !== 'second_factor_required') {
      // The code stays valid: it links the provider when the user has signed in with the password.
      if (error.code === 'link_required') keepLink(returned);
      toast(explain(error));
    } else if (isAgain) {
      if (await signsInAgain(null, error.body.ticket)) toast(t('again.done'));
    } else {
      ticket = error.body.ticket;
      show();
    }
  }
}

/** Links the account at a provider that the user has come back from. */
async function linkReturned() {
  const link = takeLink();
  const { id, display_name: name } = running.store.me;
  // Another user may have signed in since, at this page or in another tab.
  if (link && link.accountId !== id && !await confirmed(t('identities.linkSure', { name }), t('identities.link'))) return;
  if (link && await withRecentSignIn(running, () => linkIdentity(link))) toast(t('identities.linked'));
}

function start() {
  ticket = null;
  if (session.isOpen && !missing.length) {
    const store = new Store();
    const drafts = new Drafts(store);
    let sendQueue = null;
    const connection = new Connection(async () => {
      const cursors = await store.prepare();
      // It needs the id of the account, which is known after the first `prepare`.
      if (!sendQueue) {
        const uploads = running.uploads = has('attachments') ? new Uploads(store) : null;
        sendQueue = running.sendQueue = new SendQueue(store, connection, uploads);
        show();
        attempt(linkReturned);
      }
      return cursors;
    });
    store.connection = connection;
    connection.addEventListener('greeted', ({ detail }) => store.complete(detail.without_cursor));
    connection.addEventListener('frame', ({ detail }) => store.applyFrame(detail));
    connection.addEventListener('state', () => {
      store.changed();
      if (connection.state !== 'online') return;
      store.sendReads();
      running.shell?.readMissedSignals();
      drafts.saveAll();
      sendQueue.flushAll();
    });
    // Also for a chat that is not open, and for one that the user is no longer in. Leaving a chat ends all of it at once.
    const codes = new Set();
    const tellNotSent = debounced(() => {
      for (const code of codes) toast(code === 'not_found' ? t('scheduled.outsideChat') : t('scheduled.notSent', { why: explain({ code }) }));
      codes.clear();
    }, 200);
    store.addEventListener('own', ({ detail: { kind, data } }) => {
      if (kind !== 'scheduled.failed') return;
      codes.add(data.code);
      tellNotSent();
    });
    running = { store, connection, sendQueue, drafts, blocks: new Blocks(store, connection), language: new AccountLanguage(store, connection, adoptLanguage), push: new PushDevice(store, connection), fileUrls: new FileUrls() };
  }
  show();
}

// What this tab shows may be another account's.
session.addEventListener('replaced', () => location.reload());
// A push subscription ends with its session.
session.addEventListener('renewed', () => running?.push.synchronize());
session.addEventListener('ended', () => {
  if (!running) return;
  running.connection.stop();
  running.push.forget();
  running.uploads?.stop();
  running.shell?.unmount();
  showBadge(0);
  for (const element of document.querySelectorAll('dialog')) element.close();
  // An address that was opened after the end of the session stays: it is what the user signs in for.
  if (running.store.me) location.hash = '';
  running = null;
  show();
  toast(t('auth.ended'));
});

// The service worker asks for what only the page can do.
navigator.serviceWorker?.addEventListener('message', ({ data: { kind, chatId } }) => {
  if (kind === 'open' && running) {
    closeDialogs();
    const { shell } = running;
    if (shell?.conversation?.id === chatId) shell.conversation.timeline.toEnd();
    if (shell?.element.isConnected) shell.openChat(chatId);
    // The form for a new password is shown.
    else location.hash = `#/${chatId}`;
  } else if (kind === 'resubscribe') running?.push.synchronize();
});

applyTheme();
const returned = takeReturn();
if (returned?.purpose === 'link' && !returned.error) keepLink(returned);
start();
if (returned) followReturn(returned);
followMailLink();
addEventListener('hashchange', followMailLink);

// The service worker: it shows what the server pushes while the page is closed. It stores nothing and answers no requests.

const PAGE = '/ui/';

self.addEventListener('install', () => self.skipWaiting());

self.addEventListener('push', (event) => {
  const payload = read(event.data);
  if (payload) event.waitUntil(apply(payload));
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.chatId));
});

// The session belongs to the page: without an open one, the page subscribes again when it is opened.
self.addEventListener('pushsubscriptionchange', (event) => {
  event.waitUntil(pages().then((found) => found.forEach((page) => page.postMessage({ kind: 'resubscribe' }))));
});

/** Returns the payload of a push, or null if this version of the page does not understand it. */
function read(data) {
  try {
    const payload = data.json();
    return payload.v === 1 && payload.tag && ['message', 'clear'].includes(payload.kind) ? payload : null;
  } catch {
    return null;
  }
}

async function apply({ kind, chat_id: chatId, seq, title, body, tag, badge }) {
  const { registration } = self;
  if (kind === 'message') {
    // `renotify`: a newer message of the same chat is announced, too.
    await registration.showNotification(title, { body, tag, renotify: true, icon: `${PAGE}icon.png`, data: { chatId, seq } });
  } else {
    // A message that is newer than the last one that was read stays.
    for (const shown of await registration.getNotifications({ tag })) if (shown.data.seq <= seq) shown.close();
  }
  await self.navigator.setAppBadge?.(badge).catch(() => {});
}

/** Opens a chat in a page that is open, else in a new one. */
async function open(chatId) {
  const [page] = await pages();
  if (!page) {
    await self.clients.openWindow(`${PAGE}#/${chatId}`);
    return;
  }
  page.postMessage({ kind: 'open', chatId });
  await page.focus();
}

/** Returns the open pages, the one that was used last first. */
async function pages() {
  const found = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  return found.filter(({ url }) => ['/ui', PAGE].includes(new URL(url).pathname));
}

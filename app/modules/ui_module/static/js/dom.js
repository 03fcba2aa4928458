// Helpers that create and update elements. Texts are always text nodes, so that texts of users never become markup.

import { t } from './i18n.js';

/** Creates an element. `on` are listeners, `data` the dataset, `vars` custom properties; other keys are attributes. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'on') for (const [type, listener] of Object.entries(value)) element.addEventListener(type, listener);
    else if (name === 'data') Object.assign(element.dataset, value);
    else if (name === 'vars') for (const [key, to] of Object.entries(value)) element.style.setProperty(key, to);
    else if (name === 'value') element.value = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const PATHS = {
  back: 'M15 5l-7 7 7 7',
  plus: 'M12 5v14M5 12h14',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM20 20l-4-4',
  send: 'M4 12l16-8-6 16-3-7-7-1z',
  more: 'M6 12h.01M12 12h.01M18 12h.01',
  members: 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c0-4 3-6 6.5-6s6.5 2 6.5 6M16 4.5a3.5 3.5 0 0 1 0 6.2M18 14.3c2.2.7 3.5 2.6 3.5 5.7',
  attach: 'M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.3 3.3 0 0 1 4.7 4.7l-8.5 8.4a1.7 1.7 0 0 1-2.4-2.4L14.5 7',
  file: 'M6 3h8l5 5v13H6zM14 3v5h5',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  thread: 'M4 5h16v11H10l-4 4v-4H4zM8 9h8M8 12.5h5',
  mention: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM16 8v5.5a2.5 2.5 0 0 0 5 0V12a9 9 0 1 0-3.6 7.2',
  next: 'M9 5l7 7-7 7',
  retry: 'M19 12a7 7 0 1 1-2-5M19 4v4h-4',
  close: 'M6 6l12 12M18 6L6 18',
  down: 'M6 9l6 6 6-6',
  sent: 'M5 12.5l4.5 4.5L19 7.5',
  read: 'M2 12.5l4.5 4.5L15 7.5M11 16l1 1L21.5 7.5',
  pending: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3 2',
  failed: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7.5v5.5M12 16.5h.01',
  reply: 'M10 7L4 12l6 5v-3.5c5 0 8 1.5 10 4.5-.5-5-3.5-8.5-10-9z',
  smile: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8.5 14.5c1.8 2.3 5.2 2.3 7 0M9 9.5h.01M15 9.5h.01',
  theme: 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z',
  edit: 'M4 20l1-4L16.5 4.5a2 2 0 0 1 3 3L8 19l-4 1z',
  pin: 'M9 4h6l-1 6 3 3v2H7v-2l3-3-1-6zM12 15v5',
  muted: 'M4 10v4h3l5 4V6l-5 4H4zM16 9.5l5 5M21 9.5l-5 5',
  settings: 'M4 7h9M19 7h1M4 17h1M11 17h9M16 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM8 19.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z',
  channel: 'M4 10v4h3l7 4V6l-7 4H4zM18 9.5c1.3 1.5 1.3 3.5 0 5',
};

/** Creates an SVG icon. It is hidden from screen readers: the button around it has a label. */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', `icon icon-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}

export function iconButton(name, label, onClick, attributes = {}) {
  return h('button', { type: 'button', class: 'icon-button', 'aria-label': label, title: label, on: { click: onClick }, ...attributes }, icon(name));
}

/** Returns the hue of an id, always the same. */
export const hueOf = (id) => [...id].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 360, 7);

/** Returns the path of an address of a file: the page loads files from its own server, whatever its public address is. */
export const localPath = (url) => new URL(url, location.origin).pathname;

/** Creates a circle with an image, or initials in the colour of the id. */
export function avatar(name, id, { online = false, small = false, image = null } = {}) {
  const words = name.trim().split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letters = (words.length ? words.slice(0, 2) : [name.trim() || '?']).map((word) => [...word][0]).join('');
  return h('span', { class: `avatar${small ? ' small' : ''}${online ? ' online' : ''}`, 'aria-hidden': 'true', vars: { '--hue': hueOf(id) } }, letters.toUpperCase(), image && avatarImage(image));
}

/** An avatar that was changed a moment ago has another address: until that is known, the initials are shown. */
function avatarImage({ url }) {
  const image = h('img', { src: localPath(url), alt: '', on: { error: () => image.remove() } });
  return image;
}

const PROGRAMS = new Set(['bot', 'webhook']);

/** Creates the mark beside the name of a bot or a webhook. Returns null for a person, and for an account that is not known. */
export const botMark = (author) => (PROGRAMS.has(author?.typ) ? h('small', { class: 'bot-mark' }, t(`person.${author.typ}`)) : null);

/** Creates grey shapes in place of content that is being loaded, with a text for screen readers. */
export function skeleton(kind, count) {
  return h(kind === 'chats' ? 'li' : 'div', { class: `skeleton ${kind}`, data: { key: 'skeleton' } },
    h('span', { class: 'visually-hidden' }, t('chats.loading')),
    Array.from({ length: count }, () => h('span', { class: 'bone', 'aria-hidden': 'true' })));
}

/**
 * Makes the children match `rows`. Each row has a `key`, a `signature` of all that it shows, and `build`. Elements whose
 * signature is unchanged stay, and so do the focus and the scroll position. The focus of one that is removed moves to the next.
 */
export function reconcile(parent, rows) {
  const before = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let place = parent.firstChild;
  for (const { key, signature, build } of rows) {
    let element = before.get(key);
    before.delete(key);
    if (element?.signature !== signature) {
      const fresh = build();
      fresh.dataset.key = key;
      fresh.signature = signature;
      if (element) {
        const focused = focusables(element).indexOf(document.activeElement);
        if (element === place) place = element.nextSibling;
        element.remove();
        parent.insertBefore(fresh, place);
        if (focused >= 0) focusables(fresh)[focused]?.focus({ preventScroll: true });
      }
      element = fresh;
    }
    if (element === place) place = place.nextSibling;
    else if (element.nextSibling !== place || element.parentNode !== parent) parent.insertBefore(element, place);
  }
  before.forEach((element) => {
    const heir = element.contains(document.activeElement) && (element.nextElementSibling ?? element.previousElementSibling);
    element.remove();
    if (heir) focusables(heir).at(-1).focus({ preventScroll: true });
  });
}

const focusables = (element) => [element, ...element.querySelectorAll('a, button, [tabindex]')];

/** Returns true if a key belongs to a composition of characters. In Safari the composition has ended before its last key. */
export const isComposing = (event) => event.isComposing || event.keyCode === 229;

/** Makes a field as high as its text. */
export function grow(field) {
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight}px`;
}

/** Renders now, and at each change of the store until the element leaves the page. */
export function renderOnChange(store, element, render) {
  store.addEventListener('change', function update() {
    if (element.isConnected) render();
    else store.removeEventListener('change', update);
  });
  render();
}

/** Returns a random UUID. `crypto.randomUUID` does not exist on plain http. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

export const wait = (ms) => new Promise((done) => setTimeout(done, ms));

/** Returns a function that runs once in a microtask after any number of calls. Microtasks run in hidden tabs, too. */
export function coalesced(run) {
  let due = false;
  return () => {
    if (due) return;
    due = true;
    queueMicrotask(() => {
      due = false;
      run();
    });
  };
}

/** Returns a function that runs `ms` milliseconds after its last call. */
export function debounced(run, ms) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => run(...given), ms);
  };
}

/** Creates the place in a dialog for what is announced while it is open: to screen readers, nothing outside of it exists then. */
export const announcerOfDialog = () => h('div', { class: 'announcer visually-hidden', 'aria-live': 'polite' });

/** Lets screen readers announce a text. */
export function announce(text) {
  const announcer = [...document.querySelectorAll('body > .announcer, dialog[open] > .announcer')].at(-1);
  announcer.append(h('p', {}, text));
  while (announcer.children.length > 5) announcer.firstChild.remove();
}

const toasts = document.getElementById('toasts');

/** Shows a line of text for 6 seconds. If it is shown already, its time begins anew. */
export function toast(text) {
  const line = [...toasts.children].find((shown) => shown.textContent === text) ?? h('p', { class: 'toast' }, text);
  clearTimeout(line.timer);
  toasts.append(line);
  if (document.querySelector('dialog[open]')) announce(text);
  // Above dialogs, also those that were opened later.
  toasts.togglePopover(false);
  toasts.togglePopover(true);
  line.timer = setTimeout(() => line.remove(), 6000);
}

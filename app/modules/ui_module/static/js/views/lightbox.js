// The images of a chat or of a thread in full size, one after the other.

import { h, iconButton, toast } from '../dom.js';
import { explain, t } from '../i18n.js';
import { isImage } from '../summary.js';
import { dialog, rename } from './dialogs.js';
import { follow } from './download.js';

const SWIPE_PX = 50;

/** `readMessages` returns the messages whose images are shown, oldest first. */
export function openLightbox({ store, fileUrls }, readMessages, firstId) {
  let id = firstId;
  let asked = null;
  let swipedFrom = null;
  const image = h('img', { alt: '' });
  const place = h('p', { class: 'place-of', 'aria-live': 'polite' });
  const back = iconButton('back', t('files.previous'), () => step(-1));
  const next = iconButton('next', t('files.next'), () => step(1));
  const download = h('a', { class: 'button', on: { click: (event) => follow(event, { fileUrls }, images().find((file) => file.id === id)) } }, t('files.save'));
  const stage = h('div', {
    class: 'stage',
    on: {
      click: ({ target }) => target === stage && element.close(),
      pointerdown: (event) => { swipedFrom = event.pointerType === 'touch' ? event.clientX : null; },
      pointerup: ({ clientX }) => {
        if (swipedFrom !== null && Math.abs(clientX - swipedFrom) > SWIPE_PX) step(clientX < swipedFrom ? 1 : -1);
        swipedFrom = null;
      },
    },
  }, back, image, next);
  const element = dialog('', h('div', { class: 'lightbox-body' }, stage, h('footer', { class: 'bar low' }, place, download)), { className: 'lightbox' });

  const images = () => readMessages().flatMap(({ attachments = [] }) => attachments).filter((file) => isImage(file) && file.state === 'ready');

  function step(by) {
    const all = images();
    const found = all[all.findIndex((file) => file.id === id) + by];
    if (!found) return;
    id = found.id;
    show();
  }

  async function show(isFresh = false) {
    const all = images();
    const at = all.findIndex((file) => file.id === id);
    if (at < 0) {
      // The message was deleted.
      element.close();
      return;
    }
    const file = all[at];
    rename(element, file.filename);
    place.textContent = t('files.place', { n: at + 1, of: all.length });
    back.disabled = at === 0;
    next.disabled = at === all.length - 1;
    if (asked === id && !isFresh) return;
    asked = id;
    image.alt = file.filename;
    image.removeAttribute('src');
    image.width = file.width;
    image.height = file.height;
    try {
      const urls = await fileUrls.get(id, { isFresh });
      if (asked !== file.id || !urls) return;
      // A preview of an animation does not move.
      const large = file.content_type === 'image/gif' ? null : urls.previews.find(({ name }) => name === 'large');
      image.src = (large ?? urls).url;
      Object.assign(download, { href: urls.url, download: file.filename });
    } catch (error) {
      toast(explain(error));
    }
  }

  const update = () => show();
  let renewed = null;
  image.addEventListener('error', () => {
    if (renewed === id) return;
    renewed = id;
    show(true);
  });
  element.addEventListener('keydown', (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    step(by);
  });
  store.addEventListener('change', update);
  element.addEventListener('close', () => store.removeEventListener('change', update));
  show();
}

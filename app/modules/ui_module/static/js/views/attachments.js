// The files of a message: images in a grid, and links to the others.

import { h, icon } from '../dom.js';
import { fileSize, t } from '../i18n.js';
import { drawBlurhash } from '../blurhash.js';
import { isImage } from '../summary.js';
import { follow } from './download.js';
import { openLightbox } from './lightbox.js';

const WIDEST = 320;
const HIGHEST = 360;
const LEAST = 72;
const MOST_COLUMNS = 3;

/** `readMessages` returns the messages whose images are shown one after the other. */
export function attachmentsView(context, readMessages, { attachments = [] }) {
  const images = attachments.filter(isImage);
  const others = attachments.filter((file) => !isImage(file));
  const columns = images.length === 4 ? 2 : Math.min(images.length, MOST_COLUMNS);
  return [
    images.length > 0 && h('div', { class: images.length > 1 ? 'images grid' : 'images', vars: { '--columns': columns } },
      images.map((image) => tile(context, readMessages, image, images.length))),
    others.length > 0 && h('ul', { class: 'files' }, others.map((file) => h('li', {}, fileRow(context, file)))),
  ];
}

/** Creates an image. Its place has the final size before the image is loaded. */
function tile(context, readMessages, file, count) {
  const { id, filename, width, height, blurhash } = file;
  const scale = Math.min(WIDEST / width, HIGHEST / height, 1);
  const shown = { width: Math.max(LEAST, Math.round(width * scale)), height: Math.max(LEAST, Math.round(height * scale)) };
  const box = count > 1 ? {} : { '--width': `${shown.width}px`, '--ratio': `${shown.width} / ${shown.height}` };
  if (file.state !== 'ready') return h('div', { class: 'image', data: { id } }, h('span', { class: 'loading' }, t('files.processing')));
  const image = h('img', { alt: '', loading: 'lazy', decoding: 'async', sizes: `${shown.width}px` });
  loadImage(context, image, file);
  return h('button', { type: 'button', class: 'image', 'aria-label': t('files.open', { name: filename }), vars: box, data: { id }, on: { click: () => openLightbox(context, readMessages, id) } },
    blurhash && drawBlurhash(blurhash), image);
}

/** Sets the address of an image, and a new one if it has expired before the image came into view. */
export function loadImage({ fileUrls, connection }, image, { id }) {
  const set = async (isFresh) => {
    const urls = await fileUrls.get(id, { isFresh });
    if (!urls) return;
    image.srcset = urls.previews.map(({ url, width }) => `${url} ${width}w`).join();
    image.src = urls.url;
  };
  const attempt = (isFresh) => set(isFresh).catch(() => connection.nextOnline().then(() => set(true)).catch(() => {}));
  image.addEventListener('load', () => image.classList.add('loaded'));
  image.addEventListener('error', () => attempt(true), { once: true });
  attempt(false);
}

function fileRow(context, file) {
  const { id, filename, size, state } = file;
  const text = (note) => h('span', { class: 'file-text' }, h('span', { class: 'file-name', dir: 'auto' }, filename), h('small', {}, note));
  if (state === 'refused') return h('span', { class: 'file refused' }, icon('failed'), text(t('files.refused')));
  if (state !== 'ready') return h('span', { class: 'file' }, icon('file'), text(h('span', { class: 'loading' }, t('files.processing'))));
  const link = h('a', { class: 'file', download: filename, title: t('files.download', { name: filename }), on: { click: (event) => follow(event, context, file) } }, icon('file'), text(fileSize(size)), icon('download'));
  context.fileUrls.get(id).then((urls) => { if (urls) link.href = urls.url; }).catch(() => {});
  return link;
}

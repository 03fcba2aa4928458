// Files that are being uploaded: in the form for writing, and in messages that wait for them.

import { h, icon, iconButton, toast } from '../dom.js';
import { explain, fileSize, t } from '../i18n.js';

const THUMB_PX = 88;

/** Returns the rows of some files. `remove` is called with the key of an upload. */
export function uploadRows(uploads, files, remove) {
  return files.map(({ key, filename, size }) => {
    const upload = uploads?.find(key);
    const state = stateOf(upload);
    return {
      key,
      signature: JSON.stringify([state, upload?.error]),
      build: () => h('li', { class: `upload ${state}` },
        thumb(upload),
        h('span', { class: 'file-text' },
          h('span', { class: 'file-name', dir: 'auto' }, filename),
          state === 'failed' ? h('small', { class: 'error', role: 'alert' }, explain(upload.error)) : h('small', {}, state === 'lost' ? t('files.lost') : fileSize(size)),
          state === 'running' && h('progress', { max: Math.max(size, 1), value: upload.sent ?? 0, 'aria-label': t('files.progress', { name: filename }), data: { upload: key } })),
        state === 'failed' && iconButton('retry', t('files.retry', { name: filename }), () => uploads.retry(key)),
        state === 'lost' && h('button', { type: 'button', class: 'button small', on: { click: () => chooseAgain(uploads, key) } }, t('files.choose')),
        iconButton('close', t(state === 'running' ? 'files.cancel' : 'files.remove', { name: filename }), () => remove(key))),
    };
  });
}

/** Keeps the progress bars up to date until the signal. */
export function followProgress(uploads, signal) {
  uploads?.addEventListener('progress', ({ detail: { key, sent } }) => {
    for (const bar of document.querySelectorAll(`progress[data-upload="${key}"]`)) bar.value = sent;
  }, { signal });
}

function stateOf(upload) {
  if (!upload) return 'elsewhere';
  if (upload.error) return 'failed';
  if (upload.isDone) return 'done';
  return upload.file ? 'running' : 'lost';
}

/** Creates a small picture of a file: of the image itself where the browser can show it. */
function thumb(upload) {
  const place = h('span', { class: 'thumb' }, icon('file'));
  if (upload?.file && upload.type.startsWith('image/')) {
    upload.thumb ??= drawThumb(upload.file);
    upload.thumb.then((canvas) => place.replaceChildren(canvas)).catch(() => {});
  }
  return place;
}

async function drawThumb(file) {
  const image = await createImageBitmap(file);
  const side = Math.min(image.width, image.height);
  const canvas = h('canvas', { width: THUMB_PX, height: THUMB_PX });
  canvas.getContext('2d').drawImage(image, (image.width - side) / 2, (image.height - side) / 2, side, side, 0, 0, THUMB_PX, THUMB_PX);
  image.close();
  return canvas;
}

function chooseAgain(uploads, key) {
  const input = h('input', { type: 'file', on: { change: () => uploads.choose(key, input.files[0]) || toast(t('files.otherFile')) } });
  input.click();
}

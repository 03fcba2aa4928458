// A message in one line, as lists and quotes show it.

import { t } from './i18n.js';
import { plainText } from './richText.js';

const LONGEST = 200;
const HALF_A_PAIR = /[\ud800-\udbff]$/;
const SHOWN = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/gif']);

/** Returns true for a file that is shown as an image. */
export const isImage = ({ content_type: type, state }) => SHOWN.has(type) && state !== 'refused';

/** Returns the beginning of a text. It cuts no surrogate pair. */
export const shortened = (text) => text.trim().slice(0, LONGEST).replace(HALF_A_PAIR, '');

/** Returns the text of a message, or what its files are. An unsent message has `files`. */
export function summary(message) {
  if (message.deleted_at) return t('message.deleted');
  return shortened(plainText(message.text, message.entities ?? [])) || nameFiles(message.attachments ?? message.files ?? []);
}

function nameFiles(files) {
  if (!files.length) return '';
  if (files.every(isImage)) return t('files.images', { n: files.length });
  return files.length === 1 ? files[0].filename : t('files.files', { n: files.length });
}

// The longest text of a message.

import { t } from './i18n.js';

const LONGEST = 4000;

/** Returns what is wrong with the length of a text, or an empty string. */
export function lengthError(text) {
  const over = [...text].length - LONGEST;
  return over > 0 ? t('composer.tooLong', { n: over }) : '';
}

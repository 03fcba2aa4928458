// How the server finds formatting in the texts that this browser sends.

import { has } from './api.js';

const KEY = 'messenger.format';

export const formats = ['markdown', 'plain'];

export const chosenFormat = () => localStorage.getItem(KEY) ?? 'markdown';

export const chooseFormat = (format) => localStorage.setItem(KEY, format);

/** Returns the field of a message. A server without entities does not have it. */
export const textFormat = () => (has('entities') ? { text_format: chosenFormat() } : {});

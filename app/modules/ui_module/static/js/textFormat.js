// How the server finds formatting in the texts that this browser sends.

import { has } from './api.js';
import { local } from './storage.js';

const KEY = 'messenger.format';

export const formats = ['markdown', 'plain'];

export const chosenFormat = () => local.read(KEY) ?? 'markdown';

export const chooseFormat = (format) => local.write(KEY, format);

/** Returns the field of a message. A server without entities does not have it. */
export const textFormat = () => (has('entities') ? { text_format: chosenFormat() } : {});

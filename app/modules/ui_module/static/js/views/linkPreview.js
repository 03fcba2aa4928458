// What the page behind a link of a message says about itself. The server has fetched it; nothing is loaded from there.

import { call } from '../api.js';
import { h, iconButton } from '../dom.js';
import { t } from '../i18n.js';
import { attempt } from './forms.js';

/** Creates the preview of a message's link, or returns null. Its sender can remove it. */
export function linkPreview(chat, { seq, link_previews: previews }, isMine) {
  const preview = previews?.[0];
  if (!preview) return null;
  const { url, title, description, site_name: site } = preview;
  return h('div', { class: 'link-preview' },
    h('a', { href: url, target: '_blank', rel: 'noopener noreferrer' },
      site && h('small', { dir: 'auto' }, site),
      h('strong', { dir: 'auto' }, title),
      description && h('span', { dir: 'auto' }, description)),
    isMine && iconButton('close', t('previews.remove'), () => attempt(() => call('DELETE', `/chats/${chat.id}/messages/${seq}/previews`))));
}

// What the page behind a link of a message says about itself. The server has fetched it, and serves the image.

import { call } from '../api.js';
import { h, iconButton } from '../dom.js';
import { t } from '../i18n.js';
import { loadImage } from './attachments.js';
import { attempt } from './forms.js';

const WIDEST = 320;

/** Creates the preview of a message's link, or returns null. Its sender can remove it. */
export function linkPreview(context, chat, { seq, link_previews: previews }, isMine) {
  const preview = previews?.[0];
  if (!preview) return null;
  const { url, title, description, site_name: site, attachment_id: id, width, height } = preview;
  return h('div', { class: 'link-preview' },
    h('a', { href: url, target: '_blank', rel: 'noopener noreferrer' },
      site && h('small', { dir: 'auto' }, site),
      h('strong', { dir: 'auto' }, title),
      description && h('span', { dir: 'auto' }, description),
      id && imageOf(context, { id, width, height })),
    isMine && iconButton('close', t('previews.remove'), () => attempt(() => call('DELETE', `/chats/${chat.id}/messages/${seq}/previews`))));
}

/** Creates the image of the page. Its place has the final size before the image is loaded. */
function imageOf(context, { id, width, height }) {
  const image = h('img', { alt: '', loading: 'lazy', decoding: 'async', sizes: `${WIDEST}px`, width, height });
  loadImage(context, image, { id });
  return image;
}

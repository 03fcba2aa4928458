// Links that download files.

import { h, toast } from '../dom.js';
import { explain, t } from '../i18n.js';

/**
 * Downloads a file when its link is clicked. The address in the link may be worth nothing any more: it expires by the
 * server's clock, and with the session.
 */
export async function follow(event, { fileUrls }, { id, filename }) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  try {
    const urls = await fileUrls.get(id, { isFresh: true });
    if (urls) h('a', { href: urls.url, download: filename }).click();
    else toast(t('error.not_found'));
  } catch (error) {
    toast(explain(error));
  }
}

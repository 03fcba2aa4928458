// Files that are dragged onto the page.

import { h } from '../dom.js';
import { t } from '../i18n.js';

const hasFiles = ({ dataTransfer }) => dataTransfer.types.includes('Files');

/** Shows where files may be dropped, and passes them to `take` if `isAllowed` returns true. */
export function takeDrops(element, take, isAllowed) {
  const target = h('div', { class: 'drop', hidden: true, 'aria-hidden': 'true' }, t('files.drop'));
  element.append(target);
  const over = (event) => {
    if (!hasFiles(event) || !isAllowed()) return;
    event.preventDefault();
    event.stopPropagation();
    event.dataTransfer.dropEffect = 'copy';
    target.hidden = false;
  };
  element.addEventListener('dragenter', over);
  element.addEventListener('dragover', over);
  element.addEventListener('dragleave', ({ relatedTarget }) => { target.hidden ||= !element.contains(relatedTarget); });
  element.addEventListener('drop', (event) => {
    target.hidden = true;
    if (!hasFiles(event) || !isAllowed()) return;
    event.preventDefault();
    event.stopPropagation();
    take([...event.dataTransfer.files]);
  });
}

/** A file that is dropped elsewhere must not replace the page. */
export function refuseDrops(signal) {
  const refuse = (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'none';
  };
  addEventListener('dragover', refuse, { signal });
  addEventListener('drop', refuse, { signal });
}

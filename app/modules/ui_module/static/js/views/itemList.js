// Lists in the settings that are read from the server and whose items can be removed.

import { call } from '../api.js';
import { h, reconcile } from '../dom.js';
import { confirmed } from './dialogs.js';
import { attempt } from './forms.js';
import { withRecentSignIn } from './signInAgain.js';

/**
 * Creates a list and reads its items; `row` creates the element of one. `show` reads them again. `remove` asks a question,
 * deletes what is at a path, and reads the list again. For that the user may have to sign in again.
 */
export function itemList(context, read, row) {
  const list = h('ul', { class: 'members' });

  async function show() {
    const items = await read();
    reconcile(list, items.map((item) => ({ key: item.id, signature: JSON.stringify(item), build: () => row(item) })));
  }

  const remove = (path, question, label) => attempt(async () => {
    if (!await confirmed(question, label)) return;
    await withRecentSignIn(context, () => call('DELETE', path));
    await show();
  });

  attempt(show);
  return { list, show, remove };
}

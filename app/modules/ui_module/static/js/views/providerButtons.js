// Buttons that lead to the providers a user can sign in with.

import { listProviders } from '../api.js';
import { h } from '../dom.js';
import { t } from '../i18n.js';
import { goToProvider } from '../providers.js';
import { attempt } from './forms.js';

/** Creates the buttons. They appear when the providers are known; `label` is the key of their text. */
export function providerButtons(label, purpose, accountId) {
  const place = h('div', { class: 'stack' });
  attempt(async () => {
    const { items } = await listProviders();
    place.replaceChildren(...items.map(({ id, name }) => h('button', { type: 'button', class: 'button wide', on: { click: () => attempt(() => goToProvider(id, purpose, accountId)) } }, t(label, { name }))));
  });
  return place;
}

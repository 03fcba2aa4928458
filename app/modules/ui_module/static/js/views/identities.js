// Identities in the settings: the accounts at other providers that sign in to this account.

import { call, getAll } from '../api.js';
import { h, iconButton, reconcile } from '../dom.js';
import { shortMoment, t } from '../i18n.js';
import { confirmed } from './dialogs.js';
import { attempt } from './forms.js';
import { providerButtons } from './providerButtons.js';
import { withRecentSignIn } from './signInAgain.js';

/** Creates the content of the section. */
export function identities(context) {
  const list = h('ul', { class: 'members' });

  async function show() {
    const items = await getAll('/accounts/me/identities');
    reconcile(list, items.map((identity) => ({ key: identity.id, signature: JSON.stringify(identity), build: () => row(identity) })));
  }

  function row({ id, provider, email, last_used_at: usedAt }) {
    const name = email ?? provider;
    return h('li', {},
      h('span', { class: 'chat-text' },
        h('span', { class: 'line' }, h('strong', { dir: 'auto' }, name)),
        h('span', { class: 'line' }, h('span', { class: 'preview' }, t('identities.used', { provider, when: shortMoment(new Date(usedAt)) })))),
      iconButton('close', t('identities.remove', { name }), () => attempt(() => remove(id, name))));
  }

  async function remove(id, name) {
    if (!await confirmed(t('identities.removeSure', { name }), t('identities.remove', { name }))) return;
    await withRecentSignIn(context, () => call('DELETE', `/accounts/me/identities/${id}`));
    await show();
  }

  attempt(show);
  return h('div', { class: 'stack' }, h('p', {}, t('identities.why')), list, providerButtons('identities.add', 'link'));
}

// Identities in the settings: the accounts at other providers that sign in to this account.

import { getAll, listProviders } from '../api.js';
import { h, iconButton } from '../dom.js';
import { shortMoment, t } from '../i18n.js';
import { section } from './forms.js';
import { itemList } from './itemList.js';
import { providerButtons } from './providerButtons.js';

const PATH = '/accounts/me/identities';

/** Creates the section. It is hidden while there is neither a provider nor an identity. */
export function identities(context) {
  const { list, remove } = itemList(context, read, row);

  /** Reads the identities, with the names of their providers. One that was removed from the server has its id only. */
  async function read() {
    const [identities, { items }] = await Promise.all([getAll(PATH), listProviders()]);
    element.hidden = !items.length && !identities.length;
    const names = new Map(items.map(({ id, name }) => [id, name]));
    return identities.map((identity) => ({ ...identity, provider: names.get(identity.provider) ?? identity.provider }));
  }

  function row({ id, provider, email, last_used_at: usedAt }) {
    const name = email ?? provider;
    return h('li', {},
      h('span', { class: 'chat-text' },
        h('span', { class: 'line' }, h('strong', { dir: 'auto' }, name)),
        h('span', { class: 'line' }, h('span', { class: 'preview' }, t('identities.used', { provider, when: shortMoment(new Date(usedAt)) })))),
      iconButton('close', t('identities.remove', { name }), () => remove(`${PATH}/${id}`, t('identities.removeSure', { name }), t('identities.removeDo'))));
  }

  const element = section(t('identities.title'), h('div', { class: 'stack' }, h('p', {}, t('identities.why')), list, providerButtons('identities.add', 'link', context.store.me.id)));
  element.hidden = true;
  return element;
}

// Passkeys in the settings: adding one to this device, and removing those that are not needed any more.

import { call, getAll } from '../api.js';
import { h, iconButton, toast } from '../dom.js';
import { shortMoment, t } from '../i18n.js';
import { attempt } from './forms.js';
import { itemList } from './itemList.js';
import { withRecentSignIn } from './signInAgain.js';

const PATH = '/accounts/me/passkeys';

/** Creates the content of the section. `device` is the name of a new passkey. */
export function passkeys(context, device) {
  const { list, show, remove } = itemList(context, () => getAll(PATH), row);
  const add = h('button', { type: 'button', class: 'button', on: { click: () => attempt(create) } }, t('passkeys.add'));

  function row({ id, name, last_used_at: usedAt }) {
    const note = usedAt ? t('passkeys.used', { when: shortMoment(new Date(usedAt)) }) : t('passkeys.unused');
    return h('li', {},
      h('span', { class: 'chat-text' },
        h('span', { class: 'line' }, h('strong', { dir: 'auto' }, name)),
        h('span', { class: 'line' }, h('span', { class: 'preview' }, note))),
      iconButton('close', t('passkeys.remove', { name }), () => remove(`${PATH}/${id}`, t('passkeys.removeSure', { name }), t('passkeys.removeDo'))));
  }

  async function create() {
    const options = await withRecentSignIn(context, () => call('POST', `${PATH}/options`));
    if (!options) return;
    let credential;
    try {
      credential = await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
    } catch (error) {
      // The device has one for this account already, or the user has cancelled.
      if (error.name === 'InvalidStateError') toast(t('passkeys.exists'));
      return;
    }
    await call('POST', `${PATH}/verify`, { credential: credential.toJSON(), name: device });
    await show();
  }

  return h('div', { class: 'stack' }, h('p', {}, t('passkeys.why')), list, h('div', { class: 'buttons' }, add));
}

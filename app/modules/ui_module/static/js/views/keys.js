// API keys, of the user's account or of a bot. The key itself is shown once, when it is created.

import { call, getAll, has } from '../api.js';
import { h, iconButton } from '../dom.js';
import { fullDate, shortMoment, t } from '../i18n.js';
import { dialog } from './dialogs.js';
import { attempt, field, form, secretDialog } from './forms.js';
import { itemList } from './itemList.js';
import { withRecentSignIn } from './signInAgain.js';

/** Scopes, each with the modules of which it needs one. */
const SCOPES = [['profile:read'], ['chats:read'], ['chats:write'], ['members:write'], ['messages:read'], ['messages:write'], ['files:write', 'attachments'], ['webhooks:write', 'webhooks', 'incoming_webhooks']];

/** Creates the list of keys at `path`, with a button for a new one. */
export function keys(context, path) {
  const { list, show, remove } = itemList(context, () => getAll(path), row);
  const add = h('button', { type: 'button', class: 'button', on: { click: () => newKeyDialog(context, path, () => attempt(show)) } }, t('keys.new'));

  function row(key) {
    return h('li', {},
      h('span', { class: 'chat-text' },
        h('strong', { class: 'whole', dir: 'auto' }, key.name),
        h('code', { class: 'whole preview' }, key.scopes.join(', ')),
        h('span', { class: 'whole preview' }, [t('keys.created', { date: date(key.created_at) }), usedNote(key), expiryNote(key)].filter(Boolean).join(' · '))),
      iconButton('close', t('keys.revoke', key), () => remove(`${path}/${key.id}`, t('keys.revokeSure', key), t('keys.revokeDo'))));
  }

  return h('div', { class: 'stack' }, list, h('div', { class: 'buttons' }, add));
}

const date = (moment) => fullDate(new Date(moment));
const usedNote = ({ last_used_at: at }) => (at ? t('passkeys.used', { when: shortMoment(new Date(at)) }) : t('passkeys.unused'));

function expiryNote({ expires_at: at }) {
  return at && t(new Date(at) > new Date() ? 'keys.until' : 'keys.expired', { date: date(at) });
}

function newKeyDialog(context, path, onCreated) {
  const choice = (name) => h('label', { class: 'choice' },
    h('input', { type: 'checkbox', name: 'scopes', value: name }),
    h('span', {}, h('code', {}, name), h('small', {}, t(`keys.scope.${name}`))));

  async function create({ name, expires_at: lastDay }, element) {
    const request = { name, scopes: new FormData(element).getAll('scopes') };
    if (lastDay) request.expires_at = new Date(`${lastDay}T23:59:59`).toISOString();
    const made = await withRecentSignIn(context, () => call('POST', path, request));
    if (!made) return;
    box.close();
    secretDialog(made.name, t('keys.once'), made.key, h('code', { class: 'secret' }, made.key));
    onCreated();
  }

  const box = dialog(t('keys.new'), h('div', { class: 'dialog-form' }, form([
    field('name', t('keys.name'), { id: 'key-name', required: true, maxlength: 64, autofocus: true, autocomplete: 'off' }),
    h('fieldset', {}, h('legend', {}, t('keys.scopes')), h('div', { class: 'choices' }, SCOPES.filter(([, ...modules]) => !modules.length || modules.some(has)).map(([name]) => choice(name)))),
    field('expires_at', t('keys.lastDay'), { id: 'key-expires-at', type: 'date' }),
  ], t('keys.create'), create)));
}

// The user's bots: accounts that are used by programs, with API keys of their own.

import { call, get } from '../api.js';
import { avatar, h, icon, toast } from '../dom.js';
import { t } from '../i18n.js';
import { confirmed, dialog, rename } from './dialogs.js';
import { attempt, field, form, section } from './forms.js';
import { itemList } from './itemList.js';
import { keys } from './keys.js';
import { withRecentSignIn } from './signInAgain.js';

/** Creates the content of the section. */
export function bots(context) {
  const { list, show } = itemList(context, async () => (await get('/bots')).items, row);
  const add = h('button', { type: 'button', class: 'button', on: { click: create } }, t('bots.new'));

  const changed = () => attempt(show);

  function row(bot) {
    return h('li', {}, h('button', { type: 'button', class: 'chat-item', 'aria-haspopup': 'dialog', on: { click: () => botDialog(context, bot, changed) } },
      avatar(bot.display_name, bot.id, { small: true, image: context.store.person(bot.id).avatar }),
      h('span', { class: 'chat-text' },
        h('span', { class: 'line' }, h('strong', { dir: 'auto' }, bot.display_name)),
        h('span', { class: 'line' }, h('span', { class: 'preview' }, `@${bot.username}`))),
      icon('next')));
  }

  function create() {
    const box = dialog(t('bots.new'), h('div', { class: 'dialog-form' }, names({}, t('bots.create'), async (given) => {
      const bot = await call('POST', '/bots', given);
      box.close();
      changed();
      botDialog(context, bot, changed);
    })));
  }

  return h('div', { class: 'stack' }, h('p', {}, t('bots.why')), list, h('div', { class: 'buttons' }, add));
}

/** Creates the form with the names of a bot. Without a display name, the username is shown. */
function names(bot, label, submit) {
  return form([
    field('username', t('auth.username'), { id: 'bot-username', value: bot.username ?? '', required: true, pattern: '[A-Za-z0-9_.]{3,32}', title: t('auth.usernameHint'), autocapitalize: 'none', spellcheck: 'false', autocomplete: 'off' }),
    field('display_name', t('auth.displayName'), { id: 'bot-display-name', value: bot.display_name === bot.username ? '' : bot.display_name, maxlength: 64, autocomplete: 'off' }),
    field('bio', t('bots.bio'), { id: 'bot-bio', value: bot.bio ?? '', maxlength: 500, rows: 2 }, 'textarea'),
  ], label, (given) => submit({ ...given, display_name: given.display_name.trim() || null }));
}

function botDialog(context, bot, onChanged) {
  const box = dialog(bot.display_name, h('div', { class: 'dialog-form settings' },
    section(t('bots.names'), names(bot, t('settings.save'), async (given) => {
      const fresh = await call('PATCH', `/bots/${bot.id}`, given);
      rename(box, fresh.display_name);
      toast(t('settings.saved'));
      onChanged();
    })),
    section(t('keys.title'), keys(context, `/bots/${bot.id}/keys`)),
    h('div', { class: 'buttons' }, h('button', { type: 'button', class: 'button danger', on: { click: () => deleteBot(context, bot, () => { box.close(); onChanged(); }) } }, t('bots.delete')))), { className: 'drawer' });
}

async function deleteBot(context, bot, onDeleted) {
  const messages = h('input', { type: 'checkbox' });
  const choice = h('label', { class: 'choice' }, messages, t('bots.messagesToo'));
  if (!await confirmed(t('bots.deleteSure', { name: bot.display_name }), t('bots.delete'), choice)) return;
  await attempt(() => withRecentSignIn(context, async () => {
    await call('DELETE', `/bots/${bot.id}?messages=${messages.checked ? 'delete' : 'keep'}`);
    onDeleted();
  }));
}

// Settings: the user's profile, the appearance of the page, notifications, the password and the sessions.

import { call, canUsePasskeys, getAll, has, signOut } from '../api.js';
import { h, iconButton, reconcile, renderOnChange, toast } from '../dom.js';
import { currentLanguage, languages, shortMoment, t } from '../i18n.js';
import { canUseProviders } from '../providers.js';
import { chooseFormat, chosenFormat, formats } from '../textFormat.js';
import { avatarField } from './avatarField.js';
import { bots } from './bots.js';
import { confirmed, dialog } from './dialogs.js';
import { attempt, field, form, section } from './forms.js';
import { identities } from './identities.js';
import { keys } from './keys.js';
import { mailAddress } from './mailAddress.js';
import { notifications } from './notifications.js';
import { passkeys } from './passkeys.js';
import { secondFactor } from './secondFactor.js';

const BROWSERS = [[/Edg/, 'Edge'], [/OPR\//, 'Opera'], [/YaBrowser/, 'Yandex Browser'], [/Firefox|FxiOS/, 'Firefox'], [/Chrome|CriOS/, 'Chrome'], [/Safari/, 'Safari']];
const SYSTEMS = [[/iPhone|iPad/, 'iOS'], [/Android/, 'Android'], [/Windows/, 'Windows'], [/Mac OS/, 'macOS'], [/Linux/, 'Linux']];

export function settingsDialog(context) {
  const element = dialog(t('settings.title'), h('div', { class: 'dialog-form settings' },
    profile(context), look(context, () => element.close()), ...passwordAndSessions(context),
    h('div', { class: 'buttons' }, h('button', { type: 'button', class: 'button', on: { click: leave } }, t('auth.signOut')))), { className: 'drawer' });

  function leave() {
    element.close();
    signOut().catch(() => {});
  }
  return element;
}

function profile({ store }) {
  const { me } = store;
  // Without a display name the username is shown.
  const own = () => ({ ...me, display_name: me.display_name === me.username ? '' : me.display_name });
  return section(t('settings.profile'),
    has('attachments') && avatarField(store, '/accounts/me/avatar', () => ({ name: me.display_name, id: me.id, image: store.person(me.id).avatar })),
    !has('recovery') && me.email && h('p', { class: 'email' }, me.email),
    form([
      field('display_name', t('auth.displayName'), { value: own().display_name, maxlength: 64, autocomplete: 'name' }),
      field('username', t('auth.username'), { value: me.username, required: true, pattern: '[A-Za-z0-9_.]{3,32}', title: t('auth.usernameHint'), autocapitalize: 'none', spellcheck: 'false', autocomplete: 'username' }),
      field('bio', t('settings.bio'), { value: me.bio ?? '', maxlength: 500, rows: 2 }, 'textarea'),
    ], t('settings.save'), async (given) => {
      const before = own();
      const changes = Object.fromEntries(Object.entries(given).filter(([name, value]) => value !== (before[name] ?? '')));
      if (changes.display_name === '') changes.display_name = null;
      if (Object.keys(changes).length) store.storeMe(await call('PATCH', '/accounts/me', changes));
      toast(t('settings.saved'));
    }));
}

function look({ settings }, close) {
  const choice = (name, label, options, onChange) => h('div', { class: 'field' }, h('label', { for: name }, label), h('select', { id: name, on: { change: ({ target }) => onChange(target.value) } }, options));
  return section(t('settings.look'), h('div', { class: 'choices' },
    choice('language', t('settings.language'), languages.map((name) => h('option', { value: name, lang: name, selected: name === currentLanguage() }, t(`language.${name}`))), (name) => {
      close();
      // All texts are rendered again, also those of this dialog.
      settingsDialog(settings.chooseLanguage(name).context).querySelector('#language').focus();
    }),
    choice('theme', t('settings.theme'), ['system', 'light', 'dark'].map((name) => h('option', { value: name, selected: name === settings.theme() }, t(`settings.theme.${name}`))), settings.chooseTheme),
    has('entities') && choice('format', t('settings.format'), formats.map((name) => h('option', { value: name, selected: name === chosenFormat() }, t(`settings.format.${name}`))), chooseFormat)));
}

function passwordAndSessions(context) {
  const { element, show } = sessions();
  return [
    has('recovery') && section(t('mail.title'), mailAddress(context)),
    has('notifications') && section(t('notifications.title'), notifications(context)),
    password(show),
    has('second_factor') && section(t('factor.title'), secondFactor(context)),
    canUsePasskeys() && section(t('passkeys.title'), passkeys(context, deviceOf(navigator.userAgent))),
    canUseProviders() && identities(context),
    blocked(context),
    element,
    has('keys') && section(t('keys.title'), h('p', {}, t('keys.why')), keys(context, '/accounts/me/keys')),
    has('bots') && section(t('bots.title'), bots(context)),
  ];
}

function password(onChanged) {
  return section(t('settings.password'), form([
    field('current_password', t('settings.currentPassword'), { type: 'password', required: true, maxlength: 256, autocomplete: 'current-password' }),
    field('new_password', t('settings.newPassword'), { type: 'password', required: true, minlength: 8, maxlength: 256, autocomplete: 'new-password' }),
  ], t('settings.changePassword'), async (given, element) => {
    await call('POST', '/accounts/me/password', given);
    element.reset();
    toast(t('settings.passwordChanged'));
    onChanged();
  }));
}

function sessions() {
  const list = h('ul', { class: 'members' }, h('li', { class: 'loading' }, t('chats.loading')));
  const others = h('button', { type: 'button', class: 'button', hidden: true, on: { click: endOthers } }, t('settings.endOthers'));
  let known = [];

  async function show() {
    known = await getAll('/accounts/sessions');
    others.hidden = known.length < 2;
    reconcile(list, known.map((session) => {
      const device = deviceOf(session.user_agent);
      const moment = { when: shortMoment(new Date(session.last_used_at)), address: session.address };
      return {
        key: session.id,
        signature: JSON.stringify([session, moment]),
        build: () => h('li', {},
          h('span', { class: 'chat-text' },
            h('span', { class: 'line' }, h('strong', {}, device)),
            h('span', { class: 'line' }, h('span', { class: 'preview' }, t('settings.lastUsed', moment)))),
          session.current ? h('small', { class: 'role' }, t('settings.thisDevice')) : iconButton('close', t('settings.endSession', { device }), () => end([session]))),
      };
    }));
  }

  async function end(some) {
    for (const { id } of some) await attempt(() => call('DELETE', `/accounts/sessions/${id}`));
    await attempt(show);
  }

  async function endOthers() {
    if (await confirmed(t('settings.endOthersSure'), t('auth.signOut'))) await end(known.filter((session) => !session.current));
  }

  const shown = async () => await attempt(show) || list.querySelector('.loading')?.remove();
  shown();
  return { element: section(t('settings.sessions'), list, h('div', { class: 'buttons' }, others)), show: shown };
}

/** Creates the list of blocked accounts. It is hidden while there are none. */
function blocked({ store, blocks }) {
  const list = h('ul', { class: 'members' });
  const element = section(t('blocks.title'), list);

  function render() {
    element.hidden = !blocks.ids.size;
    reconcile(list, [...blocks.ids].map((id) => {
      const { display_name: name } = store.person(id);
      return {
        key: id,
        signature: name,
        build: () => h('li', {}, h('span', { class: 'chat-text' }, h('strong', { dir: 'auto' }, name)),
          h('button', { type: 'button', class: 'button small', on: { click: () => attempt(() => blocks.set(id, false)) } }, t('members.unblock'))),
      };
    }));
  }

  renderOnChange(store, element, render);
  return element;
}

/** Returns a readable name of the device that a User-Agent belongs to. */
function deviceOf(userAgent) {
  const named = (names) => names.find(([pattern]) => pattern.test(userAgent))?.[1];
  const browser = named(BROWSERS);
  const system = named(SYSTEMS);
  if (browser && system) return t('settings.device', { browser, system });
  return browser ?? (userAgent.slice(0, 60) || t('settings.unknownDevice'));
}

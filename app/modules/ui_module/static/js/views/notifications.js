// Notifications in the settings: which unread messages are mailed, and the hours in which nothing is sent.

import { call, get, has } from '../api.js';
import { h, toast } from '../dom.js';
import { t } from '../i18n.js';
import { attempt, field, form } from './forms.js';

const PATH = '/accounts/me/notifications';
const valuesOf = ({ email, quiet_hours: hours }) => ({ email, from: hours?.from ?? '', to: hours?.to ?? '' });

/** Creates the content of the section. */
export function notifications() {
  const loading = h('p', { class: 'loading' }, t('chats.loading'));
  const element = h('div', { class: 'stack' }, loading);
  attempt(async () => element.append(settingsForm(await get(PATH)))).then(() => loading.remove());
  return element;
}

function settingsForm(settings) {
  let known = valuesOf(settings);
  const hour = (name) => field(name, t(`notifications.${name}`), { id: `quiet-${name}`, type: 'time', value: known[name] });
  const levels = () => ['none', 'mentions', 'all'].map((name) => h('option', { value: name, selected: name === known.email }, t(`notifications.email.${name}`)));
  return form([
    has('digests') && field('email', t('notifications.email'), { id: 'notify-email' }, 'select', levels()),
    h('p', {}, t('notifications.quiet', { zone: settings.time_zone ?? 'UTC' })),
    h('div', { class: 'choices' }, hour('from'), hour('to')),
  ], t('notifications.change'), async ({ email, from, to }) => {
    // Other devices may have changed the rest.
    const changes = {};
    if (email !== known.email) changes.email = email;
    if (from !== known.from || to !== known.to) changes.quiet_hours = from || to ? { from, to } : null;
    known = valuesOf(await call('PUT', PATH, changes));
    toast(t('settings.saved'));
  });
}

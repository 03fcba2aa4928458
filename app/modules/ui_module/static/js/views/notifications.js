// Notifications in the settings: those of this device, which messages are pushed and mailed, and the hours in which nothing is sent.

import { call, get, has } from '../api.js';
import { h, toast } from '../dom.js';
import { t } from '../i18n.js';
import { attempt, field, form } from './forms.js';
import { pushSwitch } from './pushSwitch.js';

const PATH = '/accounts/me/notifications';
const valuesOf = ({ quiet_hours: hours, ...values }) => ({ ...values, from: hours?.from ?? '', to: hours?.to ?? '' });

/** Creates the content of the section. */
export function notifications({ push }) {
  const loading = h('p', { class: 'loading' }, t('chats.loading'));
  const element = h('div', { class: 'stack' }, has('push') && pushSwitch(push), loading);
  attempt(async () => element.append(settingsForm(await get(PATH)))).then(() => loading.remove());
  return element;
}

function settingsForm(settings) {
  let known = valuesOf(settings);
  const hour = (name) => field(name, t(`notifications.${name}`), { id: `quiet-${name}`, type: 'time', value: known[name] });
  const choice = (name, values) => field(name, t(`notifications.${name}`), { id: `notify-${name}` }, 'select', values.map((value) => h('option', { value, selected: value === known[name] }, t(`notifications.${name}.${value}`))));
  return form([
    has('push') && choice('push', ['none', 'mentions', 'all']),
    has('push') && choice('preview', ['none', 'sender', 'full']),
    has('digests') && choice('email', ['none', 'mentions', 'all']),
    h('p', {}, t('notifications.quiet', { zone: settings.time_zone ?? 'UTC' })),
    h('div', { class: 'choices' }, hour('from'), hour('to')),
  ], t('notifications.change'), async ({ from, to, ...given }) => {
    // Other devices may have changed the rest.
    const changes = {};
    for (const [name, value] of Object.entries(given)) if (value !== known[name]) changes[name] = value;
    if (from !== known.from || to !== known.to) changes.quiet_hours = from || to ? { from, to } : null;
    known = valuesOf(await call('PUT', PATH, changes));
    toast(t('settings.saved'));
  });
}

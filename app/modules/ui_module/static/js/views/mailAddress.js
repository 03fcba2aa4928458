// The mail address in the settings: the present one, one that waits for its confirmation, and the form that changes it.

import { call } from '../api.js';
import { h, renderOnChange, toast } from '../dom.js';
import { t } from '../i18n.js';
import { attempt, field, form } from './forms.js';
import { withRecentSignIn } from './signInAgain.js';

/** Creates the content of the section. */
export function mailAddress(context) {
  const { store } = context;
  const state = h('div', { class: 'stack' });
  const button = (label, run) => h('button', { type: 'button', class: 'button', on: { click: () => attempt(run) } }, t(label));
  const change = async (email) => {
    const me = await withRecentSignIn(context, () => call('PATCH', '/accounts/me', { email }));
    if (me) store.storeMe(me);
    return me;
  };
  const sent = (email) => toast(t('mail.sent', { email }));
  let shown = null;

  async function sendAgain() {
    const { email, pending_email: pending } = store.me;
    await call('POST', '/accounts/email/verify');
    sent(pending ?? email);
  }

  function render() {
    const { email, email_verified: isVerified, pending_email: pending } = store.me;
    const signature = JSON.stringify([email, isVerified, pending]);
    if (signature === shown) return;
    shown = signature;
    state.replaceChildren(
      email
        ? h('p', { class: 'whole' }, h('strong', { dir: 'auto' }, email), ' ', h('small', { class: 'role' }, t(isVerified ? 'mail.verified' : 'mail.unverified')))
        : h('p', {}, t('mail.none')),
      pending ? h('p', { class: 'whole' }, t('mail.pending', { email: pending })) : '',
      h('div', { class: 'buttons' },
        (pending || (email && !isVerified)) && button('mail.again', sendAgain),
        // The present address ends the change.
        pending && email && button('mail.keep', () => change(email))));
  }

  const element = h('div', { class: 'stack' }, state, form(
    [field('email', t('mail.new'), { type: 'email', required: true, maxlength: 254, autocomplete: 'email' })],
    t(store.me.email ? 'mail.change' : 'mail.add'),
    async ({ email }, { elements }) => {
      if (!await change(email)) return;
      if (store.me.pending_email) sent(store.me.pending_email);
      elements.email.value = '';
    }));
  renderOnChange(store, element, render);
  return element;
}

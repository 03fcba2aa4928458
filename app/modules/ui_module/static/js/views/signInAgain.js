// Changes of how the account is protected need a session that was opened a moment ago.

import { canUsePasskeys, renewSession, signIn, signInWithCode, signInWithPasskey } from '../api.js';
import { h } from '../dom.js';
import { explain, fieldOf, t } from '../i18n.js';
import { canUseProviders } from '../providers.js';
import { dialog } from './dialogs.js';
import { providerButtons } from './providerButtons.js';

/** Runs a change. If the session is too old, the user signs in again first. Returns null if the user does not. */
export async function withRecentSignIn({ store }, run) {
  try {
    return await run();
  } catch (error) {
    if (error.code !== 'reauthentication_required') throw error;
    return await signsInAgain(store.me.username) ? run() : null;
  }
}

/**
 * Asks for the password, and for a code of the second factor if there is one; or for a passkey. With the ticket of a sign-in
 * by a provider it asks only for the code. Returns true if they are right.
 */
export function signsInAgain(username, ticket = null) {
  return new Promise((resolve) => {
    let isDone = false;
    let isBusy = false;
    const alert = h('p', { id: 'again-error', class: 'error', role: 'alert' });
    const field = (label, attributes) => [h('label', { for: 'again' }, label), h('input', { id: 'again', name: 'again', required: true, autofocus: true, 'aria-describedby': 'again-error', ...attributes })];
    const codeField = () => field(t('auth.code'), { autocomplete: 'one-time-code' });
    const place = h('div', { class: 'field' }, ticket ? codeField() : field(t('auth.password'), { type: 'password', autocomplete: 'current-password' }));

    async function submit(event) {
      event.preventDefault();
      const { value } = place.querySelector('input');
      await renew(() => (ticket ? signInWithCode(ticket, value) : signIn(username, value)));
    }

    /** Signs in by `open`. The dialog stays if that fails, or the user cancels it. */
    async function renew(open) {
      if (isBusy) return;
      isBusy = true;
      alert.textContent = '';
      try {
        isDone = await renewSession(open);
        if (isDone) element.close();
      } catch (error) {
        if (error.code === 'second_factor_required') {
          ticket = error.body.ticket;
          place.replaceChildren(...codeField());
        } else {
          // Only the password was asked for.
          alert.textContent = fieldOf(error) === 'password' ? t('error.The current password is wrong') : explain(error);
        }
        place.querySelector('input').focus();
      } finally {
        isBusy = false;
      }
    }

    const element = dialog(t('again.title'), h('form', { class: 'dialog-form', method: 'post', on: { submit } },
      h('p', {}, t('again.why')), place, alert, h('button', { type: 'submit', class: 'button primary wide' }, t('again.do')),
      !ticket && canUsePasskeys() && h('button', { type: 'button', class: 'button wide', on: { click: () => renew(signInWithPasskey) } }, t('auth.passkey')),
      !ticket && canUseProviders() && providerButtons('auth.provider', 'signIn')));
    element.addEventListener('close', () => resolve(isDone));
  });
}

// The forms for signing in, signing up, and a new password.

import { canUsePasskeys, forgotPassword, has, resetPassword, signIn, signInWithCode, signInWithPasskey, signUp } from '../api.js';
import { h, icon, toast } from '../dom.js';
import { explain, fieldOf, otherLanguage, t } from '../i18n.js';
import { canUseProviders } from '../providers.js';
import { providerButtons } from './providerButtons.js';

const TITLES = { signIn: 'auth.signIn', code: 'factor.title', signUp: 'auth.signUp', forgot: 'auth.forgot', reset: 'auth.newPassword' };
const BUTTONS = { ...TITLES, code: 'auth.signIn', forgot: 'auth.sendLink', reset: 'auth.setPassword' };

/**
 * `resetToken` is the token of a mail; `onReset` is called when it is used, or when the user goes to the sign-in. `ticket` is that
 * of a sign-in by a provider that lacks the second factor.
 */
export function authView(settings, onDone, { resetToken = null, ticket = null, onReset = () => {} } = {}) {
  const place = h('main', { class: 'auth' });
  let mode = resetToken ? 'reset' : ticket ? 'code' : 'signIn';

  function choose(name) {
    if (resetToken && name === 'signIn') onReset();
    mode = name;
    render();
    place.querySelector('input').focus();
  }

  const actions = {
    signIn: async (given) => {
      try {
        await signIn(given.login.trim(), given.password);
      } catch (error) {
        if (error.code !== 'second_factor_required') throw error;
        ticket = error.body.ticket;
        choose('code');
        return;
      }
      onDone();
    },
    code: async (given) => { await signInWithCode(ticket, given.code); onDone(); },
    signUp: async (given) => {
      if (await signUp(given)) onDone();
      else { toast(t('auth.checkMail')); choose('signIn'); }
    },
    forgot: async (given) => { await forgotPassword(given.email); toast(t('auth.linkSent')); choose('signIn'); },
    reset: async (given) => { await resetPassword(resetToken, given.new_password); toast(t('auth.passwordSet')); choose('signIn'); },
  };

  function field(name, label, attributes = {}, hint = null) {
    const hintId = `${name}-hint`;
    return h('div', { class: 'field' },
      h('label', { for: name }, label),
      h('input', { id: name, name, required: true, 'aria-describedby': hint ? `${hintId} auth-error` : 'auth-error', ...attributes }),
      hint && h('small', { id: hintId }, hint));
  }

  async function submit(event) {
    event.preventDefault();
    const form = event.target;
    const button = form.querySelector('[type=submit]');
    const alert = form.querySelector('[role=alert]');
    const given = Object.fromEntries(new FormData(form));
    const focused = document.activeElement;
    for (const input of form.querySelectorAll('[aria-invalid]')) input.removeAttribute('aria-invalid');
    alert.textContent = '';
    button.disabled = true;
    try {
      await actions[mode](given);
    } catch (error) {
      button.disabled = false;
      alert.textContent = explain(error);
      const wrong = form.elements[fieldOf(error)];
      wrong?.setAttribute('aria-invalid', 'true');
      (wrong ?? focused).focus();
    }
  }

  const newPassword = (name) => field(name, t('auth.password'), { type: 'password', autocomplete: 'new-password', minlength: 8, maxlength: 256 }, t('auth.passwordHint'));
  const email = () => field('email', t('auth.email'), { type: 'email', autocomplete: 'email' });
  const fields = {
    signIn: () => [
      field('login', t('auth.login'), { autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false' }),
      field('password', t('auth.password'), { type: 'password', autocomplete: 'current-password' }),
    ],
    code: () => [
      field('code', t('auth.code'), { autocomplete: 'one-time-code', autocapitalize: 'none', spellcheck: 'false', maxlength: 64 }, t('auth.codeHint')),
    ],
    signUp: () => [
      field('display_name', t('auth.displayName'), { autocomplete: 'name', maxlength: 64 }),
      field('username', t('auth.username'), { autocomplete: 'username', pattern: '[A-Za-z0-9_.]{3,32}', title: t('auth.usernameHint'), autocapitalize: 'none', spellcheck: 'false' }, t('auth.usernameHint')),
      email(),
      newPassword('password'),
    ],
    forgot: () => [email()],
    reset: () => [newPassword('new_password')],
  };
  async function usePasskey({ target }) {
    target.disabled = true;
    try {
      if (await signInWithPasskey()) onDone();
    } catch (error) {
      place.querySelector('[role=alert]').textContent = explain(error);
    } finally {
      target.disabled = false;
    }
  }

  const link = (text, name) => h('button', { type: 'button', class: 'button plain wide', on: { click: () => choose(name) } }, t(text));

  function render() {
    const form = h('form', { method: 'post', on: { submit } },
      h('h2', {}, t(TITLES[mode])),
      fields[mode](),
      h('p', { id: 'auth-error', class: 'error', role: 'alert' }),
      h('button', { type: 'submit', class: 'button primary wide' }, t(BUTTONS[mode])),
      mode === 'signIn' && canUsePasskeys() && h('button', { type: 'button', class: 'button wide', on: { click: usePasskey } }, t('auth.passkey')),
      mode === 'signIn' && canUseProviders() && providerButtons('auth.provider', 'signIn'),
      mode === 'signIn' && has('recovery') && link('auth.forgotten', 'forgot'),
      mode === 'reset' && has('recovery') && link('auth.sendNewLink', 'forgot'),
      mode === 'signIn' ? link('auth.toSignUp', 'signUp') : link(mode === 'signUp' ? 'auth.toSignIn' : 'auth.back', 'signIn'));
    place.replaceChildren(
      h('div', { class: 'auth-card' },
        h('header', { class: 'brand' },
          h('img', { src: '/ui/icon.svg', alt: '', width: 52, height: 52 }),
          h('h1', {}, t('app.name')),
          h('p', {}, t('auth.lead'))),
        form),
      h('footer', { class: 'auth-settings' },
        h('button', { type: 'button', class: 'button plain', lang: otherLanguage(), on: { click: () => settings.chooseLanguage(otherLanguage()) } }, t(`language.${otherLanguage()}`)),
        h('button', { type: 'button', class: 'icon-button', 'aria-label': t('settings.switchTheme'), title: t('settings.switchTheme'), on: { click: settings.switchTheme } }, icon('theme'))));
  }

  render();
  return place;
}

// The forms for signing in and signing up.

import { signIn, signUp } from '../api.js';
import { h, icon } from '../dom.js';
import { explain, fieldOf, otherLanguage, t } from '../i18n.js';

export function authView(settings, onDone) {
  const place = h('main', { class: 'auth' });
  let isNew = false;

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
      if (isNew) await signUp(given);
      else await signIn(given.login.trim(), given.password);
      onDone();
    } catch (error) {
      button.disabled = false;
      alert.textContent = explain(error);
      const wrong = form.elements[fieldOf(error)];
      wrong?.setAttribute('aria-invalid', 'true');
      (wrong ?? focused).focus();
    }
  }

  function render() {
    const form = h('form', { method: 'post', on: { submit } },
      h('h2', {}, t(isNew ? 'auth.signUp' : 'auth.signIn')),
      isNew
        ? [
          field('display_name', t('auth.displayName'), { autocomplete: 'name', maxlength: 64 }),
          field('username', t('auth.username'), { autocomplete: 'username', pattern: '[A-Za-z0-9_.]{3,32}', autocapitalize: 'none', spellcheck: 'false' }, t('auth.usernameHint')),
          field('email', t('auth.email'), { type: 'email', autocomplete: 'email' }),
          field('password', t('auth.password'), { type: 'password', autocomplete: 'new-password', minlength: 8, maxlength: 256 }, t('auth.passwordHint')),
        ]
        : [
          field('login', t('auth.login'), { autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false' }),
          field('password', t('auth.password'), { type: 'password', autocomplete: 'current-password' }),
        ],
      h('p', { id: 'auth-error', class: 'error', role: 'alert' }),
      h('button', { type: 'submit', class: 'button primary wide' }, t(isNew ? 'auth.signUp' : 'auth.signIn')),
      h('button', { type: 'button', class: 'button plain wide', on: { click: () => { isNew = !isNew; render(); place.querySelector('input').focus(); } } },
        t(isNew ? 'auth.toSignIn' : 'auth.toSignUp')));
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

// The second factor in the settings: an authenticator app, and codes in case it is lost.

import { call, get } from '../api.js';
import { h } from '../dom.js';
import { explain, t } from '../i18n.js';
import { qrCode } from '../qrCode.js';
import { confirmed, dialog } from './dialogs.js';
import { attempt, secretDialog } from './forms.js';
import { withRecentSignIn } from './signInAgain.js';

const SCALE = 4;
const MARGIN = 4;

/** Creates the content of the section. */
export function secondFactor(context) {
  const { store } = context;
  const place = h('div', { class: 'stack' });
  const button = (label, run) => h('button', { type: 'button', class: 'button', on: { click: () => attempt(run) } }, t(label));

  function render() {
    const { totp_enabled: isOn, recovery_codes_left: left } = store.me;
    place.replaceChildren(
      h('p', {}, t(isOn ? 'factor.on' : 'factor.off')),
      isOn ? h('p', {}, t('factor.codesLeft', { n: left })) : '',
      h('div', { class: 'buttons' }, ...isOn ? [button('factor.newCodes', renew), button('factor.disable', disable)] : [button('factor.setUp', setUp)]));
  }

  async function reload() {
    store.storeMe(await get('/accounts/me'));
    render();
  }

  const post = (path, body) => withRecentSignIn(context, () => call('POST', `/accounts/me/totp${path}`, body));

  async function setUp() {
    const made = await post('');
    if (made) setUpDialog(made, async (code) => showCodes(await post('/confirm', { code })));
  }

  async function renew() {
    if (!await confirmed(t('factor.newCodesSure'), t('factor.newCodes'))) return;
    const made = await post('/recovery-codes');
    if (made) await showCodes(made);
  }

  async function disable() {
    if (!await confirmed(t('factor.disableSure'), t('factor.disable'))) return;
    await post('/disable');
    await reload();
  }

  async function showCodes(made) {
    if (!made) return;
    codesDialog(made.recovery_codes);
    await reload();
  }

  render();
  return place;
}

function setUpDialog({ secret, otpauth_url: url }, confirm) {
  const alert = h('p', { id: 'code-error', class: 'error', role: 'alert' });
  const input = h('input', { id: 'code', required: true, autocomplete: 'one-time-code', inputmode: 'numeric', 'aria-describedby': 'code-error' });

  async function submit(event) {
    event.preventDefault();
    alert.textContent = '';
    try {
      await confirm(input.value);
      element.close();
    } catch (error) {
      alert.textContent = explain(error);
      input.focus();
    }
  }

  const element = dialog(t('factor.title'), h('form', { class: 'dialog-form', method: 'post', on: { submit } },
    h('p', {}, t('factor.scan')), drawCode(url),
    h('p', {}, t('factor.type'), ' ', h('code', { class: 'secret' }, secret)),
    h('div', { class: 'field' }, h('label', { for: 'code' }, t('factor.code')), input),
    alert, h('button', { type: 'submit', class: 'button primary wide' }, t('factor.confirm'))));
}

function codesDialog(codes) {
  secretDialog(t('factor.codes'), t('factor.codesWhy'), codes.join('\n'), h('ul', { class: 'codes' }, codes.map((code) => h('li', {}, h('code', {}, code)))));
}

/** Draws a QR code, dark on white in every theme: not all apps read the opposite. */
function drawCode(text) {
  const rows = qrCode(text);
  const side = (rows.length + 2 * MARGIN) * SCALE;
  const canvas = h('canvas', { class: 'qr', width: side, height: side, role: 'img', 'aria-label': t('factor.qr') });
  const drawing = canvas.getContext('2d');
  drawing.fillStyle = '#fff';
  drawing.fillRect(0, 0, side, side);
  drawing.fillStyle = '#000';
  rows.forEach((row, y) => row.forEach((isDark, x) => isDark && drawing.fillRect((x + MARGIN) * SCALE, (y + MARGIN) * SCALE, SCALE, SCALE)));
  return canvas;
}

// The switch in the settings that turns the notifications of this device on and off.

import { h, renderOnChange } from '../dom.js';
import { explain, t } from '../i18n.js';
import { NotAllowed } from '../pushDevice.js';

export function pushSwitch(push) {
  if (push.state === 'unsupported') return h('p', {}, t(isInTabOfIPhone() ? 'push.homeScreen' : 'push.unsupported'));
  const input = h('input', { type: 'checkbox', role: 'switch', 'aria-label': t('push.here'), 'aria-describedby': 'push-note push-error', on: { click, change } });
  const note = h('small', { id: 'push-note' });
  const alert = h('p', { id: 'push-error', class: 'error', role: 'alert' });
  const element = h('div', { class: 'stack' }, h('label', { class: 'choice' }, input, h('span', {}, t('push.here'), note)), alert);
  let isBusy = false;

  function click(event) {
    if (isBusy) event.preventDefault();
  }

  async function change() {
    isBusy = true;
    alert.textContent = '';
    await (input.checked ? push.turnOn() : push.turnOff());
    isBusy = false;
    render();
  }

  function render() {
    if (isBusy) return;
    input.checked = push.state === 'on';
    note.textContent = t(push.state === 'denied' ? 'push.denied' : 'push.hereHint');
    alert.textContent = push.error ? whyNot(push.error) : '';
  }

  renderOnChange(push, element, render);
  return element;
}

/** Returns true in a tab of an iPhone or iPad, where only a page on the home screen can receive notifications. */
const isInTabOfIPhone = () => navigator.standalone === false && isSecureContext;

function whyNot(error) {
  if (error instanceof NotAllowed) return t('push.notAllowed');
  // What the browser refuses, or its push service.
  return error instanceof DOMException ? t('push.failed') : explain(error);
}

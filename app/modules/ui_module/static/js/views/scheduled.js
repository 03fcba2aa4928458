// Messages that are sent later: writing one, and the list of those that wait.

import { call, getAll, has } from '../api.js';
import { h, icon, newId, reconcile } from '../dom.js';
import { explain, fullTime, t } from '../i18n.js';
import { confirmed, dialog } from './dialogs.js';
import { attempt } from './forms.js';

const HOUR_MS = 3_600_000;

export class Scheduled {
  /** The button above the form stays hidden while no message waits and none has failed. */
  constructor(context, id) {
    this.context = context;
    this.path = `/chats/${id}/scheduled`;
    this.items = [];
    this.listeners = new AbortController();
    this.label = h('span', {});
    this.element = h('button', { type: 'button', class: 'scheduled', hidden: true, on: { click: () => this.open() } }, icon('pending'), this.label);
    if (!has('schedules')) return;
    context.store.addEventListener('own', ({ detail: { kind, data } }) => {
      if (kind.startsWith('scheduled.') && data.chat_id === id) this.load();
    }, { signal: this.listeners.signal });
  }

  unmount() {
    this.listeners.abort();
  }

  update() {
    const isOnline = this.context.connection.state === 'online';
    // Each new connection reads them again: the events may be missing.
    if (has('schedules') && isOnline && !this.wasOnline) this.load();
    this.wasOnline = isOnline;
  }

  async load() {
    const loading = this.loading = getAll(this.path);
    const items = await loading.catch(() => null);
    // A later event has begun another request.
    if (!items || this.loading !== loading) return;
    this.items = items;
    this.element.hidden = !items.length;
    const failed = items.filter((message) => message.state === 'failed').length;
    const waiting = items.length - failed;
    this.label.textContent = [waiting && t('scheduled.waiting', { n: waiting }), failed && t('scheduled.failed', { n: failed })].filter(Boolean).join(' · ');
    this.shown?.();
  }

  /** Asks when a message is to be sent. Returns true if it is scheduled. */
  add(message) {
    // One id for all attempts: pressing the button again, or a retry, schedules no second message.
    const clientMsgId = newId();
    return this.ask(t('scheduled.later'), { ...message, send_at: new Date(Date.now() + HOUR_MS) }, ({ text: _, ...given }) => call('POST', this.path, { ...message, ...given, client_msg_id: clientMsgId }));
  }

  edit(message) {
    return this.ask(t('message.edit'), message, (given) => call('PATCH', `${this.path}/${message.id}`, given));
  }

  ask(title, { id, text, send_at: at, state }, save) {
    // The field has no seconds, and one time for both hours when clocks are set back: a time that stays as shown is not sent.
    const shown = toLocal(new Date(at));
    return new Promise((resolve) => {
      let isDone = false;
      const error = h('p', { id: 'schedule-error', class: 'error', role: 'alert' });
      const time = h('input', { id: 'schedule-at', type: 'datetime-local', required: true, value: shown, autofocus: true, 'aria-describedby': 'schedule-error' });
      const words = id && h('textarea', { id: 'schedule-text', rows: 3, dir: 'auto', value: text });
      const submit = async (event) => {
        event.preventDefault();
        error.textContent = '';
        try {
          const stays = state === 'waiting' && time.value === shown;
          await save({ send_at: stays ? undefined : new Date(time.value).toISOString(), text: words?.value });
          isDone = true;
          element.close();
        } catch (refusal) {
          error.textContent = explain(refusal);
        }
      };
      const element = dialog(title, h('form', { class: 'dialog-form', method: 'post', on: { submit } },
        words && h('div', { class: 'field' }, h('label', { for: 'schedule-text' }, t('composer.label')), words),
        h('div', { class: 'field' }, h('label', { for: 'schedule-at' }, t('scheduled.at')), time),
        error, h('button', { type: 'submit', class: 'button primary wide' }, t(id ? 'settings.save' : 'scheduled.do'))));
      element.addEventListener('close', () => resolve(isDone));
    });
  }

  open() {
    const list = h('ul', { class: 'dialog-form scheduled-list' });
    const element = dialog(t('scheduled.title'), list);
    this.shown = () => {
      reconcile(list, this.items.map((message) => ({ key: message.id, signature: JSON.stringify(message), build: () => this.row(message) })));
      if (!this.items.length) element.close();
    };
    element.addEventListener('close', () => { this.shown = null; });
    this.shown();
  }

  row(message) {
    const button = (label, run, className = '') => h('button', { type: 'button', class: `button small${className}`, on: { click: run } }, t(label));
    return h('li', {},
      h('small', {}, h('time', { datetime: message.send_at }, fullTime(new Date(message.send_at)))),
      h('p', { class: 'text', dir: 'auto' }, message.text),
      message.attachments?.length > 0 && h('p', {}, t('files.files', { n: message.attachments.length })),
      message.failure && h('p', { class: 'error' }, t('scheduled.notSent', { why: explain({ code: message.failure.code }) })),
      h('div', { class: 'buttons' }, button('message.edit', () => this.edit(message)), button('message.delete', () => this.remove(message), ' danger')));
  }

  async remove(message) {
    if (await confirmed(t('scheduled.deleteSure'), t('message.delete'))) await attempt(() => call('DELETE', `${this.path}/${message.id}`));
  }
}

/** Returns a time as a field of the browser expects it: in the user's time zone. */
const toLocal = (date) => new Date(date - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

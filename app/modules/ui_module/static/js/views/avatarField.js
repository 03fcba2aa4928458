// Choosing an avatar: of the user, or of a chat.

import { call, get, upload } from '../api.js';
import { avatar, h, renderOnChange, wait } from '../dom.js';
import { explain, t } from '../i18n.js';

const ASK_AGAIN_MS = 400;
const ASK_TIMES = 60;

/** `read` returns the name, the id and the avatar to show now; `path` is that of the avatar in the API. */
export function avatarField(store, path, read) {
  const place = h('span', { class: 'avatar-place' });
  const picker = h('input', { type: 'file', accept: 'image/*', hidden: true, on: { change: () => set(picker.files[0]) } });
  const choose = h('button', { type: 'button', class: 'button', on: { click: () => picker.click() } }, t('avatar.choose'));
  const remove = h('button', { type: 'button', class: 'button', on: { click: () => run(() => call('DELETE', path)) } }, t('avatar.remove'));
  const alert = h('p', { class: 'error', role: 'alert' });
  const element = h('div', { class: 'avatar-field' }, place, h('div', { class: 'buttons' }, picker, choose, remove), alert);

  function render() {
    const { name, id, image } = read();
    remove.hidden = !image;
    place.replaceChildren(avatar(name, id, { image }));
  }

  async function run(change) {
    alert.textContent = '';
    choose.disabled = remove.disabled = true;
    try {
      await change();
    } catch (error) {
      alert.textContent = explain(error);
    }
    choose.disabled = remove.disabled = false;
  }

  function set(file) {
    picker.value = '';
    if (file) run(async () => call('PUT', path, { attachment_id: await send(file) }));
  }

  renderOnChange(store, element, render);
  return element;
}

/** Uploads a file in one request, and waits until the server has looked at it. Returns its id. */
async function send(file) {
  const query = new URLSearchParams({ filename: file.name });
  const response = await upload('POST', `/attachments?${query}`, { headers: { 'Content-Type': file.type || 'application/octet-stream' }, body: file });
  let { id, state } = JSON.parse(response.responseText);
  for (let times = ASK_TIMES; state === 'processing' && times; times -= 1) {
    await wait(ASK_AGAIN_MS);
    ({ state } = await get(`/attachments/${id}`));
  }
  return id;
}

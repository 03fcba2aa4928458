// Completion of names after @ in the form for writing.

import { avatar, botMark, h, isComposing } from '../dom.js';
import { t } from '../i18n.js';

const MOST = 8;
const NAME = /(^|[\s(])@([\p{L}\p{N}_.]{0,32})$/u;

export class MentionList {
  /** `input` is the text field, `readChat` returns the chat whose members are offered. */
  constructor(store, input, readChat) {
    Object.assign(this, { store, input, readChat });
    this.items = [];
    this.closedAt = null;
    this.element = h('ul', { id: 'mention-list', class: 'mention-list', role: 'listbox', 'aria-label': t('mentions.title'), hidden: true });
    for (const [name, value] of Object.entries({ 'aria-autocomplete': 'list', 'aria-controls': 'mention-list' })) input.setAttribute(name, value);
    for (const type of ['input', 'click', 'blur']) input.addEventListener(type, () => this.update());
  }

  /** Offers the names for what is written before the cursor. The members may arrive after that was written. */
  update() {
    const before = this.input.value.slice(0, this.input.selectionStart);
    if (before !== this.closedAt) this.closedAt = null;
    const found = document.activeElement === this.input && this.closedAt === null && NAME.exec(before);
    const items = found ? this.candidates(found[2].toLocaleLowerCase()).slice(0, MOST) : [];
    this.start = found ? before.length - found[2].length : 0;
    // Presence is not shown.
    const shown = JSON.stringify(items.map(({ id, username, display_name: name, typ, avatar: image }) => [id, username, name, typ, image]));
    if (shown === this.shown) return;
    this.shown = shown;
    const chosen = this.place > 0 && this.items[this.place]?.id;
    this.items = items;
    this.choose(Math.max(0, items.findIndex(({ id }) => id === chosen)));
  }

  candidates(query) {
    const { store } = this;
    const chat = this.readChat();
    const { members, role, type } = chat;
    // Those of a large chat are not read before.
    if (!members && !chat.loadingMembers) store.loadMembers(chat).catch(() => {});
    const people = (members ?? []).filter((member) => member.account_id !== store.me.id).map((member) => ({ ...store.person(member.account_id), username: member.username }))
      .filter(({ username, display_name: name }) => username.startsWith(query) || name.toLocaleLowerCase().split(/\s+/).some((word) => word.startsWith(query)));
    const mayMentionAll = type !== 'direct' && (role === 'owner' || role === 'admin');
    return [...people, ...mayMentionAll && 'all'.startsWith(query) ? [{ id: 'all', username: 'all', display_name: t('mentions.all') }] : []];
  }

  choose(place) {
    this.place = place;
    this.element.hidden = !this.items.length;
    this.element.replaceChildren(...this.items.map((person, at) => h('li', {
      id: `mention-${at}`, role: 'option', 'aria-selected': String(at === place),
      // The field must not lose the focus.
      on: { pointerdown: (event) => event.preventDefault(), click: () => this.insert(person) },
    }, avatar(person.display_name, person.id, { small: true, image: person.avatar }), h('strong', { dir: 'auto' }, person.display_name), botMark(person), h('span', { class: 'preview' }, `@${person.username}`))));
    if (this.items.length) this.input.setAttribute('aria-activedescendant', `mention-${place}`);
    else this.input.removeAttribute('aria-activedescendant');
  }

  /** Handles a key if the list is open. Returns true if it did. */
  pressed(event) {
    if (!this.items.length || isComposing(event)) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.choose((this.place + step + this.items.length) % this.items.length);
    else if (event.key === 'Enter' || event.key === 'Tab') this.insert(this.items[this.place]);
    else if (event.key === 'Escape') this.close();
    else return false;
    event.preventDefault();
    return true;
  }

  /** Closes the list until something else is written. */
  close() {
    this.closedAt = this.input.value.slice(0, this.input.selectionStart);
    this.update();
  }

  insert({ username }) {
    const { input } = this;
    input.setRangeText(`${username} `, this.start, input.selectionStart, 'end');
    this.close();
    input.dispatchEvent(new Event('input'));
  }
}

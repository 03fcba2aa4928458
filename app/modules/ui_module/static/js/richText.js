// The text of a message with its entities. Their offsets count UTF-16 code units, as strings of JavaScript do.

import { h } from './dom.js';
import { t } from './i18n.js';

const TAGS = { bold: 'strong', italic: 'em', strike: 's', code: 'code', quote: 'blockquote', command: 'code' };
const BLOCKS = new Set(['pre', 'quote']);
const LINK = /^(https?:\/\/|mailto:)/i;
const COVER = '▒';

/** Returns the nodes of a text. `accountId` is the user's: mentions of the user are marked. */
export const richText = (text, entities, accountId) => nodesOf(text, 0, text.length, inOrder(entities), accountId);

/** Returns a text without Markdown markers. Spoilers are covered. */
export const plainText = (text, entities) => (entities.length ? plainUnits(text, entities).join('') : text);

/** Returns what is shown of each UTF-16 code unit of a text: nothing of Markdown markers, a cover of spoilers. */
export function plainUnits(text, entities) {
  const characters = text.split('');
  for (const { type, offset, length } of entities) {
    if (type === 'syntax') characters.fill('', offset, offset + length);
    else if (type === 'spoiler') for (let at = offset; at < offset + length; at += 1) characters[at] &&= COVER;
  }
  return characters;
}

/** Entities that contain others come first. */
const inOrder = (entities) => [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);

function nodesOf(text, from, to, entities, accountId) {
  const nodes = [];
  let at = from;
  let waiting = entities;
  let isAfterBlock = false;
  const write = (end) => {
    const part = text.slice(at, end);
    // A block ends its line.
    nodes.push(isAfterBlock && part.startsWith('\n') ? part.slice(1) : part);
    isAfterBlock &&= part === '';
  };
  while (waiting.length) {
    const [entity, ...rest] = waiting;
    const start = Math.max(entity.offset, at);
    const end = Math.min(entity.offset + entity.length, to);
    waiting = rest;
    if (start >= end) continue;
    write(start);
    if (entity.type !== 'syntax') {
      const inner = rest.filter((other) => other.offset < end);
      nodes.push(element(entity, nodesOf(text, start, end, inner, accountId), accountId));
    }
    isAfterBlock ||= BLOCKS.has(entity.type);
    at = end;
    waiting = rest.filter((other) => other.offset + other.length > at);
  }
  write(to);
  return nodes.filter((node) => node !== '');
}

function element(entity, children, accountId) {
  switch (entity.type) {
    case 'link':
      return LINK.test(entity.url) ? h('a', { href: entity.url, title: entity.url, target: '_blank', rel: 'noopener noreferrer' }, children) : h('span', {}, children);
    case 'mention':
      return h('span', { class: entity.account_id === accountId ? 'mention mine' : 'mention' }, children);
    case 'mention_all':
      return h('span', { class: 'mention mine' }, children);
    case 'pre':
      return h('pre', { tabindex: 0, 'aria-label': entity.language }, h('code', {}, children));
    case 'spoiler':
      return spoiler(children);
    default:
      return h(TAGS[entity.type] ?? 'span', {}, children);
  }
}

/** A text that is covered until it is clicked. */
function spoiler(children) {
  const covered = h('span', { 'aria-hidden': 'true' }, children);
  const button = h('button', { type: 'button', class: 'spoiler', 'aria-label': t('message.spoiler'), on: { click: reveal } }, covered);

  function reveal() {
    const revealed = h('span', { class: 'revealed', tabindex: -1 }, ...covered.childNodes);
    button.replaceWith(revealed);
    // A screen reader goes on there.
    revealed.focus({ preventScroll: true });
  }
  return button;
}

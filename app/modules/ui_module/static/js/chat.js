// The effects of events on a chat and its messages, as documented in docs/realtime.md. Independent of the page.

/** Applies the next event of its stream to a chat, as `GET /chats/{id}` returns it to the account. */
export function applyEvent(chat, { seq, kind, data, at }, accountId) {
  const last = chat.last_message;
  const isOwn = data.account_id === accountId;
  const isOfLast = last && data.seq === last.seq;
  chat.event_seq = seq;
  switch (kind) {
    case 'message.created':
      Object.assign(chat, { last_seq: data.seq, last_message: data });
      // A message moves its sender's read position, without an event for it.
      if (data.sender_id === accountId) markAllRead(chat, data.seq);
      else {
        chat.others_read_seq = Math.max(chat.others_read_seq, data.seq);
        // The read position may be beyond the last event: the account's own stream is received before those of its chats.
        if (data.seq > chat.read_seq) countUnread(chat, data, accountId);
      }
      break;
    case 'message.edited':
    case 'message.updated':
    case 'message.deleted':
      if (kind === 'message.deleted' && data.seq > chat.read_seq) chat.unread_count -= 1;
      if (isOfLast) chat.last_message = changed(last, data);
      break;
    case 'reaction.added':
    case 'reaction.removed':
      if (isOfLast) chat.last_message = reacted(last, kind, data, isOwn);
      break;
    case 'member.added':
      chat.member_count += 1;
      if (isOwn) {
        chat.role = data.role;
        markAllRead(chat, chat.last_seq);
      }
      break;
    case 'member.removed':
      chat.member_count -= 1;
      break;
    case 'member.changed':
      if (isOwn) chat.role = data.role;
      break;
    case 'chat.updated': {
      const { chat_id: _, actor_id: __, ...changes } = data;
      Object.assign(chat, changes, { updated_at: at });
      break;
    }
  }
}

/** Returns true if the user's role allows writing in the chat. */
export const mayPost = ({ type, role }) => role === 'owner' || role === 'admin' || (role === 'member' && type !== 'channel');

/** Returns true while the user has muted the chat. A server without such settings mutes none. */
export const isMuted = (chat) => Date.parse(chat.settings?.muted_until ?? '') > Date.now();

/** Returns the chat's place in the list: pinned chats come first, archived ones last. */
export const rank = ({ settings }) => (settings?.is_archived ? 1 : settings?.is_pinned ? -1 : 0);

/** Applies an event to the loaded messages. Applying it twice changes nothing. */
export function applyToMessages(messages, { kind, data }, accountId) {
  const known = messages.get(data.seq);
  if (kind === 'message.created') {
    if (known) return;
    messages.set(data.seq, { ...data, reactions: [] });
    countReply(messages, data);
  } else if (!known) {
    return;
  } else if (['message.edited', 'message.updated', 'message.deleted'].includes(kind)) {
    messages.set(data.seq, changed(known, data));
  } else if (kind === 'reaction.added' || kind === 'reaction.removed') {
    messages.set(data.seq, reacted(known, kind, data, data.account_id === accountId));
  }
}

/** Adds a new reply to the summary of its thread, for which there is no event. */
function countReply(messages, { root_seq: rootSeq, seq, sender_id: senderId }) {
  const root = messages.get(rootSeq);
  const { reply_count: count = 0, last_seq: lastSeq = 0, participants = [] } = root?.thread ?? {};
  if (!root || seq <= lastSeq) return;
  const all = participants.includes(senderId) ? participants : [...participants, senderId];
  messages.set(rootSeq, { ...root, thread: { reply_count: count + 1, last_seq: seq, participants: all } });
}

/**
 * Moves the read position of a chat. Returns false if the numbers of unread messages and mentions are unknown afterwards:
 * it is not known which messages are deleted among those that are not loaded.
 */
export function moveRead(chat, seq) {
  if (seq >= chat.last_seq) {
    markAllRead(chat, seq);
    return true;
  }
  const before = chat.read_seq;
  chat.read_seq = Math.max(before, seq);
  const passed = [...chat.messages.values()].filter((message) => message.seq > before && message.seq <= seq);
  if (!chat.isLoaded || passed.length < seq - before) return false;
  chat.unread_count = Math.max(chat.unread_count - passed.filter((message) => !message.deleted_at).length, 0);
  return !(chat.unread_mention_count > 0);
}

function countUnread(chat, message, accountId) {
  chat.unread_count += 1;
  if (mentions(message, accountId)) chat.unread_mention_count += 1;
}

function markAllRead(chat, seq) {
  Object.assign(chat, { read_seq: Math.max(chat.read_seq, seq), unread_count: 0 });
  // A server without the module `entities` counts no mentions.
  if ('unread_mention_count' in chat) chat.unread_mention_count = 0;
}

/** Returns true if a message of another account mentions this one. */
const mentions = ({ entities = [] }, accountId) => entities.some((entity) => entity.type === 'mention_all' || entity.account_id === accountId);

/** Returns true if a change of an unread message may change the number of unread mentions, which no event says. */
export function mayChangeMentions(chat, { kind, data }, accountId) {
  const isChange = ['message.edited', 'message.deleted'].includes(kind) && data.seq > chat.read_seq;
  return isChange && (chat.unread_mention_count > 0 || mentions(data, accountId));
}

/** Returns a message after a change. Events do not say which reactions are the user's own, so that is taken over. */
function changed(known, data) {
  const own = new Set(known.reactions.filter((reaction) => reaction.mine).map((reaction) => reaction.emoji));
  return { ...data, thread: known.thread, reactions: data.reactions.map((reaction) => ({ ...reaction, mine: own.has(reaction.emoji) })) };
}

function reacted(known, kind, data, isOwn) {
  const before = known.reactions.find((reaction) => reaction.emoji === data.emoji);
  const mine = isOwn ? kind === 'reaction.added' : Boolean(before?.mine);
  const after = { emoji: data.emoji, count: data.count, mine };
  const reactions = before ? known.reactions.map((reaction) => (reaction === before ? after : reaction)) : [...known.reactions, after];
  return { ...known, reactions: reactions.filter((reaction) => reaction.count > 0) };
}

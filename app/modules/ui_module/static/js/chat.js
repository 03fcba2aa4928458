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
      if (data.sender_id === accountId) Object.assign(chat, { read_seq: data.seq, unread_count: 0 });
      else Object.assign(chat, { others_read_seq: data.seq, unread_count: chat.unread_count + 1 });
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
      if (isOwn) Object.assign(chat, { role: data.role, read_seq: chat.last_seq, unread_count: 0 });
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

/** Returns true while the user has muted the chat. A server without such settings mutes none. */
export const isMuted = (chat) => Date.parse(chat.settings?.muted_until ?? '') > Date.now();

/** Returns the chat's place in the list: pinned chats come first, archived ones last. */
export const rank = ({ settings }) => (settings?.is_archived ? 1 : settings?.is_pinned ? -1 : 0);

/** Applies an event to the loaded messages. Applying it twice changes nothing. */
export function applyToMessages(messages, { kind, data }, accountId) {
  const known = messages.get(data.seq);
  if (kind === 'message.created') {
    if (!known) messages.set(data.seq, { ...data, reactions: [] });
  } else if (!known) {
    return;
  } else if (['message.edited', 'message.updated', 'message.deleted'].includes(kind)) {
    messages.set(data.seq, changed(known, data));
  } else if (kind === 'reaction.added' || kind === 'reaction.removed') {
    messages.set(data.seq, reacted(known, kind, data, data.account_id === accountId));
  }
}

/**
 * Moves the read position of a chat. Returns false if the number of unread messages is unknown afterwards: it is not
 * known which messages are deleted among those that are not loaded.
 */
export function moveRead(chat, seq) {
  if (seq >= chat.last_seq) {
    Object.assign(chat, { read_seq: chat.last_seq, unread_count: 0 });
    return true;
  }
  const passed = [];
  for (let each = chat.read_seq + 1; each <= seq; each += 1) passed.push(chat.messages.get(each));
  chat.read_seq = Math.max(chat.read_seq, seq);
  if (!chat.isLoaded || passed.includes(undefined)) return false;
  chat.unread_count = Math.max(chat.unread_count - passed.filter((message) => !message.deleted_at).length, 0);
  return true;
}

/** Returns a message after a change. Events do not say which reactions are the user's own, so that is taken over. */
function changed(known, data) {
  const own = new Set(known.reactions.filter((reaction) => reaction.mine).map((reaction) => reaction.emoji));
  return { ...data, reactions: data.reactions.map((reaction) => ({ ...reaction, mine: own.has(reaction.emoji) })) };
}

function reacted(known, kind, data, isOwn) {
  const before = known.reactions.find((reaction) => reaction.emoji === data.emoji);
  const mine = isOwn ? kind === 'reaction.added' : Boolean(before?.mine);
  const after = { emoji: data.emoji, count: data.count, mine };
  const reactions = before ? known.reactions.map((reaction) => (reaction === before ? after : reaction)) : [...known.reactions, after];
  return { ...known, reactions: reactions.filter((reaction) => reaction.count > 0) };
}

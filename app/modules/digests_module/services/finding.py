"""Finds who has unread messages. Sends cost nothing: each minute the chats are compared with what was seen of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from app.modules.digests_module.db import finding as db
from app.modules.digests_module.db.finding import NO_CHAT, FoundChat, FoundMessage
from app.modules.jobs_module.extension import JobContext
from app.modules.messages_module.extension import EVERYONE, find_mentions
from app.modules.notifications_module.services.settings import list_settings
from app.services.context import Context
from app.utils.module import Modules

LONGEST = 20.0
"""Seconds that a run takes at most. The next one continues."""
_CHATS_AT_ONCE = 1_000
_MOST_CHATS = 100_000
"""Chats that one run compares."""
MESSAGES_AT_ONCE = 1_000
_MOST_MESSAGES = 10_000
"""New messages of a chat that are looked at. Of more, only the newest."""
_MEMBERS_AT_ONCE = 1_000


async def find_unread(context: JobContext) -> datetime:
    """Writes down who may have to be mailed, and when. Returns since when messages are mailed."""
    began = monotonic()
    async with context.unit_of_work() as work:
        after, started_at = await db.begin(await work.raw(), context.at)
    for _ in range(_MOST_CHATS // _CHATS_AT_ONCE):
        async with context.unit_of_work() as work:
            raw = await work.raw()
            through = await db.find_end(raw, after, _CHATS_AT_ONCE)
            chats = await db.list_chats(raw, after, through, started_at)
            reading = Context(raw, context.container, context.at)
            for chat in chats:
                await _note_chat(reading, chat, started_at)
            if chats:
                await db.write_seen(raw, chats)
            after = NO_CHAT if through == db.EVERY_CHAT else through
            await db.move(raw, after)
        if after == NO_CHAT or monotonic() - began > LONGEST:
            break
    return started_at


async def _note_chat(context: Context, chat: FoundChat, since: datetime) -> None:
    seen = max(chat.seen, chat.last_seq - _MOST_MESSAGES)
    while seen < chat.last_seq:
        through = min(seen + MESSAGES_AT_ONCE, chat.last_seq)
        messages = await db.list_messages(context.connection, chat.id, seen, through, since)
        if messages:
            await _note_messages(context, chat, messages, through)
        seen = through


async def _note_messages(context: Context, chat: FoundChat, messages: Sequence[FoundMessage], through: int) -> None:
    if chat.type == "direct":
        await _note_members(context, chat, messages, messages[0].seq, through)
        return
    mentions = await find_mentions(context, chat.id, [message.seq for message in messages])
    addressed: dict[UUID, list[FoundMessage]] = {}
    for message in messages:
        for account_id in mentions[message.seq]:
            addressed.setdefault(account_id, []).append(message)
    to_everyone = addressed.pop(EVERYONE, [])
    await _note(context, chat, addressed, messages[0].seq, through)
    if to_everyone:
        await _note_members(context, chat, to_everyone, messages[0].seq, through)
    await _note_members(context, chat, messages, messages[0].seq, through, for_all=True)


async def _note_members(
    context: Context,
    chat: FoundChat,
    messages: Sequence[FoundMessage],
    first_seq: int,
    through: int,
    *,
    for_all: bool = False,
) -> None:
    """Notes all members, or with `for_all` those who want mails of all messages."""
    after: UUID | None = NO_CHAT
    while after is not None:
        members = await db.list_members(context.connection, chat.id, after, through, _MEMBERS_AT_ONCE, for_all=for_all)
        await _note(context, chat, dict.fromkeys(members, messages), first_seq, through)
        after = members[-1] if len(members) == _MEMBERS_AT_ONCE else None


async def _note(
    context: Context, chat: FoundChat, unread: Mapping[UUID, Iterable[FoundMessage]], first_seq: int, through: int
) -> None:
    """Notes these accounts, each with messages that may concern it. Its own do not."""
    settings = await list_settings(context.connection, context.container.get(Modules), unread)
    due: dict[UUID, datetime] = {}
    for account_id, messages in unread.items():
        own = settings[account_id]
        first = next((message for message in messages if message.sender_id != account_id), None)
        if first is not None and own["email"] != "none":
            due[account_id] = first.created_at + timedelta(minutes=own["digest_after_minutes"])
    if due:
        await db.note(context.connection, chat.id, first_seq, through, list(due), list(due.values()))

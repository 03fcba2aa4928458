"""Finds who has unread messages. Sends cost nothing: each minute the chats are compared with what was seen of them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from app.modules.digests_module.db.cruds import finding as crud
from app.modules.digests_module.db.cruds.finding import NO_CHAT, FoundChat, FoundMessage, Note, Range
from app.modules.jobs_module.extension import JobContext
from app.modules.messages_module.extension import EVERYONE, find_mentions
from app.modules.notifications_module.services.settings import list_settings
from app.services.context import Context
from app.utils.module import Modules

_LONGEST = 20.0
"""Seconds that a run takes at most. The next one continues."""
_CHATS_AT_ONCE = 1_000
_CHATS_IN_PACK = 200
_MAX_CHATS = 100_000
"""Chats that one run compares."""
_MESSAGES_AT_ONCE = 1_000
_MAX_MESSAGES = 10_000
"""New messages of a chat that are looked at. Of more, only the newest."""
_MEMBERS_AT_ONCE = 10_000
"""Members of several chats, or of one, that are compared at once."""


async def find_unread(context: JobContext) -> datetime:
    """Writes down who may have to be mailed, and when. Returns since when messages are mailed."""
    began = monotonic()
    async with context.unit_of_work() as work:
        after, started_at = await crud.begin(await work.raw(), context.at)
    for _ in range(_MAX_CHATS // _CHATS_AT_ONCE):
        async with context.unit_of_work() as work:
            raw = await work.raw()
            through = await crud.find_end(raw, after, _CHATS_AT_ONCE)
            chats = await crud.list_chats(raw, after, through, started_at)
            reading = Context(raw, context.container, context.at)
            for ranges in _packed(chats):
                await _note_ranges(reading, ranges, started_at)
            if chats:
                await crud.write_seen(raw, chats)
            after = NO_CHAT if through == crud.EVERY_CHAT else through
            await crud.move(raw, after)
        if after == NO_CHAT or monotonic() - began > _LONGEST:
            break
    return started_at


def _packed(chats: Iterable[FoundChat]) -> Iterator[Sequence[Range]]:
    """Yields ranges of new messages that are handled at once: of chats with few members many, of a chat one."""
    pack: list[Range] = []
    members = 0
    for chat in chats:
        after = max(chat.seen, chat.last_seq - _MAX_MESSAGES)
        while after < chat.last_seq:
            through = min(after + _MESSAGES_AT_ONCE, chat.last_seq)
            is_same = bool(pack) and pack[-1].chat.id == chat.id
            if pack and (is_same or members + chat.member_count >= _MEMBERS_AT_ONCE or len(pack) == _CHATS_IN_PACK):
                yield pack
                pack, members = [], 0
            pack.append(Range(chat, after, through))
            members += chat.member_count
            after = through
    if pack:
        yield pack


async def _note_ranges(context: Context, ranges: Sequence[Range], since: datetime) -> None:
    messages = await crud.list_messages(context.connection, ranges, since, _MESSAGES_AT_ONCE)
    ranges = [one for one in ranges if one.chat.id in messages]
    if not ranges:
        return
    of_chats = {one.chat.id: one for one in ranges}
    to_everyone: dict[UUID, Sequence[FoundMessage]] = {}
    to_some: list[tuple[Range, UUID, Sequence[FoundMessage]]] = []
    for chat_id, one in of_chats.items():
        if one.chat.type == "direct":
            to_everyone[chat_id] = messages[chat_id]
            continue
        addressed = await _group_by_account(context, chat_id, messages[chat_id])
        if EVERYONE in addressed:
            to_everyone[chat_id] = addressed.pop(EVERYONE)
        to_some += [(one, account_id, found) for account_id, found in addressed.items()]
    await _note(context, to_some)
    after: UUID | None = NO_CHAT
    while after is not None:
        readers = await crud.list_readers(context.connection, ranges, to_everyone, after, _MEMBERS_AT_ONCE)
        unread = [
            (of_chats[one.chat_id], one.account_id, (messages if one.for_all else to_everyone)[one.chat_id])
            for one in readers
        ]
        await _note(context, unread)
        after = readers[-1].account_id if len(readers) == _MEMBERS_AT_ONCE else None


async def _group_by_account(
    context: Context, chat_id: UUID, messages: Sequence[FoundMessage]
) -> dict[UUID, Sequence[FoundMessage]]:
    """Returns the messages that address each account."""
    mentions = await find_mentions(context, chat_id, [message.seq for message in messages])
    addressed: dict[UUID, list[FoundMessage]] = {}
    for message in messages:
        for account_id in mentions[message.seq]:
            addressed.setdefault(account_id, []).append(message)
    return dict(addressed)


async def _note(context: Context, unread: Sequence[tuple[Range, UUID, Iterable[FoundMessage]]]) -> None:
    """Notes accounts, each with a range and the messages in it that may concern the account. Its own do not."""
    if not unread:
        return
    account_ids = {account_id for _, account_id, _ in unread}
    settings = await list_settings(context.connection, context.container.get(Modules), account_ids)
    notes = []
    for one, account_id, messages in unread:
        own = settings[account_id]
        first = next((message for message in messages if message.sender_id != account_id), None)
        if first is not None and own["email"] != "none":
            due_at = first.created_at + timedelta(minutes=own["digest_after_minutes"])
            notes.append(Note(account_id, one.chat.id, one.after + 1, one.through, due_at))
    if notes:
        await crud.note(context.connection, notes)

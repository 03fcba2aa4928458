"""Chooses which messages are mailed to whom, and moves the positions in the transaction that enqueues the mail."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice, takewhile
from time import monotonic
from typing import NamedTuple
from uuid import UUID

from app.modules.digests_module.db.cruds import choosing as crud
from app.modules.digests_module.db.cruds.choosing import Position
from app.modules.digests_module.services.mailing import SEND, ChosenMessages, Digest
from app.modules.digests_module.services.recipients import find_recipient, list_mailable
from app.modules.jobs_module.extension import JobContext, Jobs
from app.modules.notifications_module.services.quiet_hours import quiet_until
from app.modules.notifications_module.services.settings import AccountSettings, list_settings
from app.services.context import WorkContext, work_context
from app.utils.module import Modules

_MAX_MESSAGES = 20
"""Messages in a mail."""
_LONGEST = 20.0
"""Seconds that a run takes at most. The next one continues."""
_ACCOUNTS_AT_ONCE = 50
_MAX_CHATS = 100
"""Chats of an account that are looked at for one mail."""
_MESSAGES_AT_ONCE = 1_000
"""Unread messages of a chat that are looked at for one mail."""


class Unread(NamedTuple):
    """What is to be mailed of a chat. `through`: the last number that this mail is about. `next`: the first of the
    others, and when it is due. `is_cut`: more may be unread than was looked at.
    """

    due: Sequence[int]
    through: int
    next: tuple[int, datetime] | None
    is_cut: bool = False


async def choose(context: JobContext, since: datetime) -> None:
    """Enqueues a mail for each account that has unread messages for long enough. Those before `since` are in none."""
    began = monotonic()
    while monotonic() - began < _LONGEST:
        async with context.unit_of_work() as work:
            working = await work_context(work, context.container, context.at)
            account_ids = await crud.list_due(working.connection, working.at, _ACCOUNTS_AT_ONCE)
            if not account_ids:
                return
            modules = context.container.get(Modules)
            for account_id, settings in (await list_settings(working.connection, modules, account_ids)).items():
                await _decide(working, account_id, settings, since)


async def _decide(context: WorkContext, account_id: UUID, settings: AccountSettings, since: datetime) -> None:
    """Afterwards nothing of these chats of the account is due at this time."""
    connection, at = context.connection, context.at
    if settings["email"] == "none":
        await crud.forget(connection, account_id)
        return
    pause = timedelta(minutes=settings["digest_after_minutes"])
    until = quiet_until(settings, at)
    if until is None and await crud.has_mail(connection, account_id):
        # Else they would arrive all at once when the mail server is back.
        until = at + pause
    if until is not None:
        await crud.postpone(connection, account_id, until)
        return
    chats = await _take_unread(context, account_id, settings, since, pause)
    if chats and await find_recipient(context, account_id) is not None:
        await _enqueue_mail(context, account_id, chats)
        # One mail at a time, although the messages of another chat would be due a minute later.
        await crud.postpone(connection, account_id, at + pause)


async def _take_unread(
    context: WorkContext, account_id: UUID, settings: AccountSettings, since: datetime, pause: timedelta
) -> dict[UUID, Unread]:
    """Returns what is to be mailed of each chat, and moves the positions past it."""
    connection = context.connection
    chats: dict[UUID, Unread] = {}
    for position in await crud.list_positions(connection, account_id, _MAX_CHATS):
        if position.chat_type is None:
            await crud.delete(connection, account_id, position.chat_id)
            continue
        unread = await _find_unread(context, account_id, settings, position, position.chat_type, since, pause)
        if unread.due:
            chats[position.chat_id] = unread
        first_seq, due_at = unread.next or (None, None)
        if due_at is None and position.read_seq >= unread.through:
            await crud.delete(connection, account_id, position.chat_id)
        else:
            await crud.move(connection, account_id, position.chat_id, unread.through, first_seq, due_at)
    return chats


async def _find_unread(
    context: WorkContext,
    account_id: UUID,
    settings: AccountSettings,
    position: Position,
    chat_type: str,
    since: datetime,
    pause: timedelta,
) -> Unread:
    connection, chat_id, before = context.connection, position.chat_id, context.at - pause
    start = max(position.seq, position.read_seq, position.first_seq - 1)
    messages = await crud.list_unread(connection, chat_id, start, account_id, since, _MESSAGES_AT_ONCE)
    mailable = set(
        await list_mailable(context, account_id, settings, chat_id, chat_type, [one.seq for one in messages])
    )
    old = list(takewhile(lambda message: message.created_at <= before, messages))
    due = [message.seq for message in old if message.seq in mailable]
    through = old[-1].seq if old else position.seq
    if len(old) == _MESSAGES_AT_ONCE:
        through = await crud.find_last_before(connection, chat_id, through, before)
        return Unread(due, through, (through + 1, context.at + pause), is_cut=True)
    new = [message for message in messages[len(old) :] if message.seq in mailable]
    if not new and len(messages) == _MESSAGES_AT_ONCE:
        new = messages[-1:]
    return Unread(due, through, (new[0].seq, new[0].created_at + pause) if new else None)


async def _enqueue_mail(context: WorkContext, account_id: UUID, chats: Mapping[UUID, Unread]) -> None:
    shown = _share({chat_id: unread.due for chat_id, unread in chats.items()}, _MAX_MESSAGES)
    is_cut = any(unread.is_cut or len(unread.due) > len(shown.get(chat_id, ())) for chat_id, unread in chats.items())
    chosen = [ChosenMessages(chat_id=chat_id, seqs=seqs) for chat_id, seqs in shown.items()]
    digest = Digest(account_id=account_id, chats=chosen, has_more=is_cut)
    await context.container.get(Jobs).enqueue(context.work, SEND, digest, owner_id=account_id)


def _share(due: Mapping[UUID, Sequence[int]], most: int) -> dict[UUID, list[int]]:
    """Returns at most this number of messages: the first of each chat, then the second of each, and so on."""
    in_turns = ((chat_id, seqs[place]) for place in range(most) for chat_id, seqs in due.items() if place < len(seqs))
    shown: dict[UUID, list[int]] = {}
    for chat_id, seq in islice(in_turns, most):
        shown.setdefault(chat_id, []).append(seq)
    return shown

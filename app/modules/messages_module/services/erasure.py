"""Deletes the messages of an erased account."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from app.modules.accounts_module.extension import AccountHook, Erasure
from app.modules.messages_module.db.cruds.changes import is_in_deleted_chat
from app.modules.messages_module.db.cruds.erasure import Page, Place, list_chats, list_page
from app.modules.messages_module.extension import Messages
from app.modules.streams_module.services.log import Log
from app.services.context import WorkContext

_CHATS_AT_ONCE = 100
_MESSAGES_AT_ONCE = 500
_PAGES_PER_CALL = 20
_MAX_ERASURES = 500


class _Progress(NamedTuple):
    """What a pass over all messages of an account has reached: the chats that are next, and the place in the first one.

    `listed_until`: the last chat that was looked up. `has_deleted`: the pass has found messages.
    """

    chats: Sequence[UUID] = ()
    place: Place = Place()
    listed_until: UUID = UUID(int=0)
    has_deleted: bool = False

    def after(self, page: Page) -> "_Progress":
        if page.after is not None:
            return self._replace(place=page.after)
        return self.after_chat()

    def after_chat(self) -> "_Progress":
        return self._replace(chats=self.chats[1:], place=Place())


class Erasures:
    """How far this process has come with the accounts that are being erased.

    Otherwise each call would read again all that was deleted before. An account that is not known, after a restart for
    example, begins at its first message. Progress of a transaction that was rolled back is kept: the messages that it
    leaves are found by the next pass.
    """

    def __init__(self) -> None:
        self._progress: OrderedDict[UUID, _Progress] = OrderedDict()

    def of(self, account_id: UUID) -> _Progress:
        return self._progress.get(account_id, _Progress())

    def keep(self, account_id: UUID, progress: _Progress) -> None:
        self._progress[account_id] = progress
        self._progress.move_to_end(account_id)
        if len(self._progress) > _MAX_ERASURES:
            self._progress.popitem(last=False)

    def forget(self, account_id: UUID) -> None:
        self._progress.pop(account_id, None)


async def _erase(context: WorkContext, account_id: UUID, mode: Erasure, limit: int) -> bool:
    """Deletes messages of one chat, which the account may have left. Reactions stay.

    Returns False after a pass over all messages that has found none to delete.
    """
    if mode == "keep":
        return False
    erasures = context.container.get(Erasures)
    for _ in range(_PAGES_PER_CALL):
        progress = erasures.of(account_id)
        if not progress.chats:
            found = await list_chats(context.connection, account_id, progress.listed_until, _CHATS_AT_ONCE)
            if not found:
                erasures.forget(account_id)
                return progress.has_deleted
            chats = [chat_id for chat_id, has_messages in found if has_messages]
            erasures.keep(account_id, progress._replace(chats=chats, listed_until=found[-1][0]))
            continue
        chat_id = progress.chats[0]
        page = await list_page(context.connection, account_id, chat_id, progress.place, _MESSAGES_AT_ONCE)
        if page.live:
            erasures.keep(account_id, await _delete(context, account_id, progress, page, limit))
            return True
        erasures.keep(account_id, progress.after(page))
    return True


async def _delete(context: WorkContext, account_id: UUID, progress: _Progress, page: Page, limit: int) -> _Progress:
    """Deletes messages of a page, if the chat is not deleted. Returns the new progress."""
    chat_id = progress.chats[0]
    await context.container.get(Log).lock(context.work, chats=[chat_id])
    if await is_in_deleted_chat(context.connection, chat_id):
        return progress.after_chat()
    messages = context.container.get(Messages)  # type: ignore[type-abstract]
    seqs = page.live[:limit]
    await messages.erase(context.work, chat_id, seqs, reason="the account is erased", actor_id=account_id)
    if len(seqs) < len(page.live):
        return progress._replace(has_deleted=True)
    return progress.after(page)._replace(has_deleted=True)


MESSAGES_OF_ACCOUNT = AccountHook("messages", _erase)

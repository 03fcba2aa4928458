"""The background work after a chat was deleted: ends memberships and deletes rows, in chunks. It can resume."""

import asyncio
from collections.abc import Collection, Sequence
from uuid import UUID

from loguru import logger
from sqlalchemy import exists, select, update

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import UnitOfWork, open_unit_of_work
from app.adapters.errors import DatabaseUnavailable, PoolExhausted
from app.modules.chats_module.db.cruds import members as crud
from app.modules.chats_module.db.models import Chat, ChatMember
from app.modules.chats_module.extension import ChatPurge
from app.modules.streams_module.services.log import Log, now, read_head, truncate
from app.services.context import work_context
from app.utils import metrics
from app.utils.background import wait_at_most
from app.utils.container import Container

_MEMBERS_AT_ONCE = 10
"""Each may have 10,000 rows in a table of another module, which end with the membership."""
_ROWS_AT_ONCE = 2000
_PERIOD = 60.0
"""Seconds between two checks for deletions that another process has left unfinished."""

# Members of all deleted chats are notified before the rows of any are deleted, which may take long.
_HAS_MEMBERS = exists().where(ChatMember.chat_id == Chat.id)
_TO_PURGE = (
    select(Chat.id)
    .where(Chat.deleted_at.is_not(None), Chat.purged_at.is_(None))
    .order_by(_HAS_MEMBERS.desc(), Chat.deleted_at)
)


class PurgeIncomplete(Exception):
    """Some modules failed to delete their rows. The others have finished."""


class Deletions:
    """Processes the chats that have `deleted_at` but no `purged_at` yet.

    Each chunk is a unit of work of its own, under the lock of the chat's stream. So a crash loses one chunk at most,
    and several processes can work on the same chat.
    """

    def __init__(self, database: Database, log: Log, purges: Sequence[ChatPurge], container: Container) -> None:
        self._database = database
        self._log = log
        self._purges = purges
        self._container = container
        self._wake_up = asyncio.Event()

    def wake(self) -> None:
        """Starts a round at once, since a chat was deleted."""
        self._wake_up.set()

    async def keep_deleting(self) -> None:
        """Runs until cancelled."""
        while True:
            try:
                await self._do_round()
            except Exception as error:  # noqa: BLE001 - the next round resumes where this one stopped
                logger.warning("the deletion of chats was interrupted: {!r}", error)
            await wait_at_most(_PERIOD, self._wake_up.wait())
            self._wake_up.clear()

    async def _do_round(self) -> None:
        """Processes chunk after chunk. A chat whose chunk fails is left to the next round."""
        failed: set[UUID] = set()
        while (chat_id := await self._find_next(failed)) is not None:
            try:
                await self._do_chunk(chat_id)
            except Exception as error:  # noqa: BLE001 - the other chats are deleted all the same
                failed.add(chat_id)
                logger.warning("the deletion of chat {} was interrupted: {!r}", chat_id, error)

    async def _find_next(self, failed: Collection[UUID]) -> UUID | None:
        async with self._database.session() as session:
            chat_id: UUID | None = await session.scalar(_TO_PURGE.where(Chat.id.not_in(failed)).limit(1))
            return chat_id

    async def _do_chunk(self, candidate: UUID) -> None:
        async with open_unit_of_work(self._database) as work:
            await self._log.lock(work, chats=[candidate])
            chat_id = await work.session.scalar(select(Chat.id).where(Chat.id == candidate, Chat.purged_at.is_(None)))
            if chat_id is not None and not await self._remove_members(work, chat_id):
                await self._purge_some(work, chat_id)

    async def _remove_members(self, work: UnitOfWork, chat_id: UUID) -> bool:
        statement = select(ChatMember.account_id).where(ChatMember.chat_id == chat_id).order_by(ChatMember.account_id)
        account_ids = list((await work.session.scalars(statement.limit(_MEMBERS_AT_ONCE))).all())
        if not account_ids:
            return False
        await self._log.lock(work, accounts=account_ids)
        _, last_seq = await read_head(work, chat_id)
        left = {"chat_id": str(chat_id), "reason": "deleted", "event_seq": last_seq}
        await self._log.append_to_each(work, "chat.left", dict.fromkeys(account_ids, left))
        await crud.delete_members(work.session, chat_id, account_ids, last_seq)
        return True

    async def _purge_some(self, work: UnitOfWork, chat_id: UUID) -> None:
        """Deletes rows of one module. Raises PurgeIncomplete if only those are left that cannot be deleted now."""
        raw = await work.raw()
        context = await work_context(work, self._container, now())
        failed: list[tuple[ChatPurge, Exception]] = []
        for purge in self._purges:
            try:
                async with work.savepoint():
                    has_more = await purge.purge(context, chat_id, _ROWS_AT_ONCE)
            except (DatabaseUnavailable, PoolExhausted):
                raise
            except Exception as error:  # noqa: BLE001 - the rows of other modules are deleted all the same
                failed.append((purge, error))
                continue
            if has_more:
                return
        # The last event, `chat.deleted`, stays: late readers receive it, and the id stays taken.
        if await truncate(raw, chat_id, keep=1, limit=_ROWS_AT_ONCE):
            return
        if failed:
            await work.commit()
            for purge, reason in failed:
                metrics.CALLBACK_ERRORS.labels(purge.name).inc()
                logger.opt(exception=reason).error("{} failed to purge chat {}", purge.name, chat_id)
            raise PurgeIncomplete(f"purges that have failed: {', '.join(purge.name for purge, _ in failed)}")
        await work.session.execute(update(Chat).where(Chat.id == chat_id).values(purged_at=now()))

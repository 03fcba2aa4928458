"""Bots: creating, changing and deleting them. What a bot may do in a chat is limited by its owner."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.extension import (
    Absence,
    AccountHook,
    AccountPart,
    Erasure,
    PresenceFilter,
    list_absent,
)
from app.modules.accounts_module.schemas import AccountUpdate
from app.modules.accounts_module.services import accounts
from app.modules.accounts_module.services.erasure import end_access, enqueue_erasure
from app.modules.accounts_module.services.new_accounts import create_bot_account
from app.modules.accounts_module.services.parts import AccountParts
from app.modules.accounts_module.services.presence_filters import PresenceFilters
from app.modules.bots_module import db
from app.modules.bots_module.errors import BotNotFound, TooManyBots
from app.modules.bots_module.schemas import BotCreate, BotRead, BotUpdate, Typ
from app.modules.chats_module.extension import MemberLimit
from app.modules.jobs_module.extension import Jobs
from app.modules.streams_module.services.log import Log, NewEvent, event, now
from app.services.context import Context, WorkContext
from app.settings.sizes_settings import SizesSettings
from app.utils.container import Container

MAX_BOTS = 20
"""Maximum number of bots of an account."""


async def create_bot(
    work: UnitOfWork, log: Log, owner_id: UUID, request: BotCreate, reserved: Collection[str]
) -> BotRead:
    """Creates an account for a bot. Raises TooManyBots, and what `create_bot_account` raises."""
    # The lock makes concurrent requests count one after the other.
    await log.lock(work, accounts=[owner_id])
    raw = await work.raw()
    if len(await db.list_bots(raw, owner_id)) >= MAX_BOTS:
        raise TooManyBots(f"An account has at most {MAX_BOTS} bots")
    shown = request.display_name or request.username
    bot_id = await create_bot_account(work, log, owner_id, request.username, shown, request.bio, reserved)
    at = now()
    await db.insert_bot(raw, bot_id, owner_id, at)
    bot = await get_bot(work, owner_id, bot_id)
    await log.append(work, owner_id, event("bot.created", _payload(bot)), at=at)
    return bot


async def list_bots(work: UnitOfWork, owner_id: UUID) -> list[BotRead]:
    """Returns the owner's bots, the newest first."""
    return [BotRead(**dict(row)) for row in await db.list_bots(await work.raw(), owner_id)]


async def get_bot(work: UnitOfWork, owner_id: UUID, bot_id: UUID) -> BotRead:
    """Returns a bot. Raises BotNotFound unless it belongs to the owner.

    A bot is not deleted while the owner's stream is locked.
    """
    rows = await db.list_bots(await work.raw(), owner_id, bot_id)
    if not rows:
        raise BotNotFound
    return BotRead(**dict(rows[0]))


async def update_bot(
    work: UnitOfWork,
    log: Log,
    parts: AccountParts,
    sizes: SizesSettings,
    owner_id: UUID,
    bot_id: UUID,
    changes: BotUpdate,
    reserved: Collection[str],
) -> BotRead:
    """Changes the given fields. Appends `account.updated` to the bot's stream and `bot.updated` to the owner's."""
    # Before the lock: an id that is a chat's would be locked in the wrong order.
    await get_bot(work, owner_id, bot_id)
    await log.lock(work, accounts=[owner_id, bot_id])
    before = await get_bot(work, owner_id, bot_id)
    given = AccountUpdate.model_validate(changes.model_dump(exclude_unset=True))
    await accounts.update_me(work, log, parts, sizes, bot_id, given, reserved, owner_id)
    bot = await get_bot(work, owner_id, bot_id)
    if bot != before:
        await log.append(work, owner_id, event("bot.updated", _payload(bot)))
    return bot


async def delete_bot(work: UnitOfWork, container: Container, owner_id: UUID, bot_id: UUID, messages: Erasure) -> None:
    """Ends the keys of a bot and enqueues the erasure of its account. Raises BotNotFound."""
    log = container.get(Log)
    await log.lock(work, accounts=[owner_id])
    at, raw = now(), await work.raw()
    if not await db.mark_deleted(raw, owner_id, at, bot_id):
        raise BotNotFound
    await end_access(work, container, bot_id)
    await enqueue_erasure(work, container.get(Jobs), bot_id, messages)
    await log.append(work, owner_id, _deleted(bot_id), at=at)


def _payload(bot: BotRead) -> dict[str, Any]:
    return bot.model_dump(mode="json", exclude={"created_at"})


def _deleted(bot_id: UUID) -> NewEvent:
    return event("bot.deleted", {"id": str(bot_id)})


async def _describe(context: Context, _: UUID, account_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    return dict.fromkeys(await db.list_bots_among(context.connection, account_ids), "bot")


TYP = AccountPart("typ", Typ, empty="user", describe=_describe)


async def _find_owners(context: Context, account_ids: Collection[UUID]) -> Mapping[UUID, UUID]:
    return await db.find_owners(context.connection, account_ids)


async def _find_bots(context: Context, account_ids: Collection[UUID]) -> Mapping[UUID, UUID]:
    return await db.find_bots(context.connection, account_ids)


LIMITED_BY_OWNER = MemberLimit("bots", _find_owners, _find_bots)


async def _list_absent(context: Context, account_ids: Collection[UUID]) -> Collection[UUID]:
    """A bot does nothing while its owner is leaving. An owner is no bot."""
    owners = await db.find_owners(context.connection, account_ids)
    absent = await list_absent(context, set(owners.values())) if owners else set()
    return [bot_id for bot_id, owner_id in owners.items() if owner_id in absent]


ABSENT_WITH_OWNER = Absence("bots", _list_absent)


async def _list_hidden(
    context: Context, viewer: UUID, account_ids: Collection[UUID] | None, limit: int | None
) -> Collection[UUID]:
    """What is hidden from the owner is hidden from the bot. An owner is no bot."""
    owner = (await db.find_owners(context.connection, [viewer])).get(viewer)
    if owner is None:
        return ()
    filters = context.container.get(PresenceFilters)
    if account_ids is None:
        return await filters.list_all_hidden(context.connection, owner, limit)
    return await filters.list_hidden(context.connection, owner, account_ids)


HIDDEN_WITH_OWNER = PresenceFilter("bots", _list_hidden)


async def _erase(context: WorkContext, account_id: UUID, mode: Erasure, _: int) -> bool:
    """Deletes the bots of an erased account, and the row of an erased bot. An operator may erase a bot, too."""
    for bot_id in await db.mark_deleted(context.connection, account_id, context.at):
        await end_access(context.work, context.container, bot_id)
        await enqueue_erasure(context.work, context.container.get(Jobs), bot_id, mode)
    owner_id = (await db.find_owners(context.connection, [account_id])).get(account_id)
    if owner_id is not None:
        log = context.container.get(Log)
        await log.lock(context.work, accounts=[owner_id])
        if await db.delete_bot(context.connection, account_id):
            await log.append(context.work, owner_id, _deleted(account_id), at=context.at)
    return False


BOTS_OF_ACCOUNT = AccountHook("bots", _erase)

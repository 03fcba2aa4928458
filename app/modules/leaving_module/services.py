"""Leaving: deactivating the own account, coming back, and the erasure of those who do not."""

from collections.abc import Collection
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from pydantic import BaseModel

from app.adapters.db.sql import read_clock
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.errors import WrongCredentials
from app.modules.accounts_module.extension import Absence, AccountHook, Erasure, SignInHook
from app.modules.accounts_module.services import erasure
from app.modules.chats_module.errors import AddingRefused
from app.modules.chats_module.extension import AddCheck, Addition
from app.modules.chats_module.services.access import find_membership
from app.modules.chats_module.services.members import hand_over
from app.modules.chats_module.services.rules import MemberRules
from app.modules.jobs_module.extension import Job, JobContext, Jobs, RetryAfter, RetryAt
from app.modules.leaving_module import db
from app.modules.leaving_module.schemas import Deactivated
from app.modules.leaving_module.settings import LeavingSettings
from app.modules.streams_module.services.log import Log, event, now
from app.services.context import Context, WorkContext, work_context
from app.utils.container import Container


class Leaving(BaseModel):
    """The payload of the jobs. `again_at`: when the job runs once more, by the clock of the database."""

    account_id: UUID
    again_at: datetime | None = None


async def deactivate(work: UnitOfWork, container: Container, account_id: UUID, messages: Erasure) -> Deactivated:
    """Ends all sessions and keys of an account, and plans to hand its chats over and to erase it.

    The account keeps its names, its memberships and its messages until then. Its stream must be locked. Raises
    WrongCredentials if its erasure has begun.
    """
    log, jobs, at = container.get(Log), container.get(Jobs), now()
    # It may be back by a process without this module.
    await _come_back(await work_context(work, container, at), account_id)
    raw, key = await work.raw(), str(account_id)
    deactivated = Deactivated(erase_at=at + timedelta(days=container.get(LeavingSettings).days))
    await db.insert_leaving(raw, account_id, messages, deactivated.erase_at)
    await erasure.end_access(work, container, account_id)
    # Until then other processes may still create chats for it.
    again_at = await read_clock(raw) + erasure.TOKENS_END_AFTER
    twice, once = Leaving(account_id=account_id, again_at=again_at), Leaving(account_id=account_id)
    await jobs.enqueue(work, HAND_OVER, twice, key=key, owner_id=account_id)
    await jobs.enqueue(work, END, once, key=key, run_at=deactivated.erase_at, owner_id=account_id)
    await log.append(work, account_id, event("account.deactivated", deactivated.model_dump(mode="json")), at=at)
    return deactivated


async def _come_back(context: WorkContext, account_id: UUID) -> None:
    """Brings a deactivated account back. Raises WrongCredentials if its erasure has begun."""
    leaving = await db.find_leaving(context.connection, account_id)
    if leaving is None:
        return
    if leaving["ended_at"] is not None:
        raise WrongCredentials
    await _reactivate(context.work, context.container, account_id)


async def _reactivate(work: UnitOfWork, container: Container, account_id: UUID) -> None:
    await db.delete_leaving(await work.raw(), account_id)
    for job in (HAND_OVER, END):
        await container.get(Jobs).cancel(work, job, str(account_id), owner_id=account_id)
    await container.get(Log).append(work, account_id, event("account.reactivated", {"account_id": str(account_id)}))


COME_BACK = SignInHook("leaving", _come_back)


async def _hand_over(context: JobContext, payload: Leaving) -> None:
    """Hands the owned groups and channels over to the longest-standing admin or member. Those without stay."""
    turn_ends, after = monotonic() + erasure.TURN, UUID(int=0)
    while (chat_id := await _hand_over_next(context, payload.account_id, after)) is not None:
        if monotonic() > turn_ends:
            # What is handed over is not found again.
            raise RetryAfter(0)
        after = chat_id
    if payload.again_at is not None:
        async with context.unit_of_work() as work:
            left = payload.again_at - await read_clock(await work.raw())
        if left > timedelta():
            raise RetryAfter(left.total_seconds())


async def _hand_over_next(context: JobContext, account_id: UUID, after: UUID) -> UUID | None:
    """Hands one chat over. Returns None if there is none after the given one, or if the owner has come back."""
    log, rules = context.container.get(Log), context.container.get(MemberRules)
    async with context.unit_of_work() as work:
        raw = await work.raw()
        chat_id = await db.find_owned_chat(raw, account_id, after)
        if chat_id is None:
            return None
        await log.lock(work, chats=[chat_id], accounts=[account_id])
        if not await db.list_leaving(raw, [account_id]):
            return None
        membership = await find_membership(raw, chat_id, account_id)
        if membership is not None and membership.role == "owner":
            await hand_over(work, log, rules, chat_id, account_id)
        return chat_id


HAND_OVER = Job("leaving.hand_over", Leaving, _hand_over)


async def _end(context: JobContext, payload: Leaving) -> None:
    """Begins the erasure, unless the owner has come back or there is time left to come back."""
    account_id, jobs = payload.account_id, context.container.get(Jobs)
    async with context.unit_of_work() as work:
        await context.container.get(Log).lock(work, accounts=[account_id])
        raw = await work.raw()
        leaving = await db.find_leaving(raw, account_id)
        if leaving is None:
            return
        if not leaving["is_due"]:
            # This job was cut off, and meanwhile its owner came back and has deactivated the account again.
            raise RetryAt(leaving["erase_at"])
        if leaving["ended_at"] is None:
            if await db.list_back(raw, [account_id]):
                await _reactivate(work, context.container, account_id)
                return
            if leaving["is_late"] and not await db.is_logged(raw, account_id):
                # The module was off, and the log no longer says whether the owner came back meanwhile.
                erase_at = context.at + timedelta(days=context.container.get(LeavingSettings).days)
                await db.postpone(raw, account_id, erase_at)
                await jobs.enqueue(work, END, payload, key=str(account_id), run_at=erase_at, owner_id=account_id)
                return
        await db.mark_ended(raw, account_id)
        await erasure.enqueue_erasure(work, jobs, account_id, leaving["messages"])


END = Job("leaving.end", Leaving, _end)


async def _check_added(context: Context, addition: Addition) -> None:
    leaving = await db.list_leaving(context.connection, addition.account_ids)
    if leaving and addition.chat_type != "direct":
        raise AddingRefused.by(leaving)


NOT_ADDED = AddCheck("leaving", _check_added)


async def _list_absent(context: Context, account_ids: Collection[UUID]) -> Collection[UUID]:
    return await db.list_leaving(context.connection, account_ids)


ABSENT = Absence("leaving", _list_absent)


async def _erase(context: WorkContext, account_id: UUID) -> None:
    await db.delete_leaving(context.connection, account_id)


FORGET_LEAVING = AccountHook.at_once("leaving", _erase)

"""Erasure of an account: a job closes it first, then deletes the data of all modules in chunks. The job can resume."""

from collections.abc import Collection
from datetime import timedelta
from time import monotonic
from uuid import UUID

from loguru import logger
from pydantic import BaseModel

from app.adapters.db.sql import read_clock
from app.adapters.db.unit_of_work import UnitOfWork
from app.adapters.errors import DatabaseUnavailable, PoolExhausted
from app.modules.accounts_module.db.cruds.erasure import closed_for, delete_presence, list_closed
from app.modules.accounts_module.db.cruds.sessions import clear_devices
from app.modules.accounts_module.db.cruds.sign_in_failures import delete_failures
from app.modules.accounts_module.db.models import Account
from app.modules.accounts_module.errors import AccountNotFound
from app.modules.accounts_module.extension import Absence, AccountHook, Erasure
from app.modules.accounts_module.services.accounts import append_updated, find_account_id
from app.modules.accounts_module.services.hooks import revoke_tokens
from app.modules.accounts_module.services.revocations import Revocations
from app.modules.accounts_module.services.sessions import end_sessions
from app.modules.accounts_module.services.usernames import release_username
from app.modules.jobs_module.extension import GiveUp, Job, JobContext, Jobs, LeaseLost, RetryAfter
from app.modules.streams_module.services.log import Log, now, truncate
from app.services.context import Context, WorkContext, work_context
from app.settings.sizes_settings import SizesSettings
from app.utils.container import Container
from app.utils.module import Modules

TOKENS_END_AFTER = timedelta(seconds=5)
"""The time after closing in which requests may still come: other processes learn of ended sessions within 3 s."""
_ROWS_AT_ONCE = 50
"""Rows for one call of a hook. A chat may be locked for as long as the call takes."""
TURN = 20.0
"""Seconds of work before the job lets other jobs run."""


class ErasureRequest(BaseModel):
    """The parameters of the job: which account, and what happens to its messages."""

    account_id: UUID
    messages: Erasure


class ErasureIncomplete(Exception):
    """Some hooks failed. The others have finished."""


async def request_erasure(work: UnitOfWork, jobs: Jobs, username: str, messages: Erasure) -> UUID:
    """Enqueues the erasure of an account and returns the account's id. A later request replaces an earlier one.

    An account that is already erased can be erased again, by the username that it has now. Raises AccountNotFound.
    """
    account_id = await find_account_id(await work.raw(), username)
    if account_id is None:
        raise AccountNotFound
    await enqueue_erasure(work, jobs, account_id, messages)
    return account_id


async def enqueue_erasure(work: UnitOfWork, jobs: Jobs, account_id: UUID, messages: Erasure) -> None:
    """Enqueues the erasure of an account. It replaces one that waits."""
    key, request = str(account_id), ErasureRequest(account_id=account_id, messages=messages)
    await jobs.cancel(work, ERASE, key, owner_id=account_id)
    await jobs.enqueue(work, ERASE, request, key=key, owner_id=account_id)


async def _run(context: JobContext, request: ErasureRequest) -> None:
    """Closes the account and calls each hook until it has no rows left."""
    async with context.unit_of_work() as work:
        await _close(work, context.container, request.account_id)
        left = TOKENS_END_AFTER - await closed_for(await work.raw(), request.account_id)
    if left > timedelta():
        raise RetryAfter(left.total_seconds())
    turn_ends, failed = monotonic() + TURN, []
    for hook in reversed(context.container.get(Modules).contributions(AccountHook)):
        try:
            while await _call(hook, context, request):
                if monotonic() > turn_ends:
                    raise RetryAfter(0)
        except (RetryAfter, LeaseLost, DatabaseUnavailable, PoolExhausted):
            raise
        except Exception as error:  # noqa: BLE001 - the hooks of other modules run all the same
            logger.opt(exception=error).error("{} failed to erase account {}", hook.name, request.account_id)
            failed.append(hook.name)
    if failed:
        raise ErasureIncomplete(f"hooks that have failed: {', '.join(failed)}")
    logger.info("account {} was erased, messages: {}", request.account_id, request.messages)


ERASE = Job("accounts.erase", ErasureRequest, _run)


async def _call(hook: AccountHook, context: JobContext, request: ErasureRequest) -> bool:
    async with context.unit_of_work() as work:
        given = await work_context(work, context.container, now())
        return await hook.erase(given, request.account_id, request.messages, _ROWS_AT_ONCE)


async def _close(work: UnitOfWork, container: Container, account_id: UUID) -> None:
    """Deletes the names and the password of an account, and ends its sessions. Happens once."""
    log = container.get(Log)
    await log.lock(work, accounts=[account_id])
    account = await work.session.get(Account, account_id, with_for_update=True)
    if account is None:
        raise GiveUp(f"there is no account {account_id}")
    if account.erased_at is not None:
        return
    at, username = await read_clock(await work.raw()), account.username
    # No user can have taken this username, nor take it later: it contains a hyphen, which sign-up refuses.
    account.username, account.email, account.email_copy = f"deleted-{account_id.hex}", None, 0
    account.display_name = account.bio = ""
    account.who_may_add, account.is_admin = "nobody", False
    account.password_hash, account.erased_at = None, at
    await work.session.flush()
    # Otherwise an account could hold any number of usernames by deleting bots.
    if not account.is_bot:
        await release_username(work, account_id, username, container.get(SizesSettings).username_hold_days)
    await delete_failures(await work.raw(), [account_id])
    await end_access(work, container, account_id)
    await clear_devices(await work.raw(), account_id)
    await append_updated(work, log, account, at=at)


async def end_access(work: UnitOfWork, container: Container, account_id: UUID) -> None:
    """Ends all sessions and tokens of an account."""
    await end_sessions(work, container.get(Revocations), account_id)
    await revoke_tokens(await work_context(work, container, now()), account_id, None)


async def _erase_own(context: WorkContext, account_id: UUID, _: Erasure, limit: int) -> bool:
    """Deletes the events of the account's stream but the last: sequence numbers have no gap, and the id stays taken."""
    await context.container.get(Log).lock(context.work, accounts=[account_id])
    # Presence may have been written again: the last socket was closed after the account was.
    await delete_presence(context.connection, account_id)
    return await truncate(context.connection, account_id, keep=1, limit=limit)


OWN_HOOK = AccountHook("accounts", _erase_own)


async def _list_closed(context: Context, account_ids: Collection[UUID]) -> Collection[UUID]:
    return await list_closed(context.connection, account_ids)


ABSENT = Absence("accounts", _list_closed)

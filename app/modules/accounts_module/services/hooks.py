"""Calls the hooks and checks of other modules: at sign-ups, sign-ins and refreshes, and when the owner is proven."""

from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.db.cruds.sessions import find_origin
from app.modules.accounts_module.errors import LastSignInMethod
from app.modules.accounts_module.extension import (
    AddressProof,
    BearerKind,
    OwnerHook,
    RefreshCheck,
    SignInHook,
    SignInMethod,
    SignUpHook,
)
from app.modules.accounts_module.services.accounts import has_password
from app.modules.accounts_module.services.revocations import Revocations
from app.services.context import WorkContext, work_context
from app.utils.container import Container
from app.utils.module import Modules


async def run_sign_up_hooks(work: UnitOfWork, container: Container, account_id: UUID) -> None:
    """Calls the hooks of all modules for an account that was just created. If one raises, there is no account."""
    context = await work_context(work, container, datetime.now(UTC))
    for hook in container.get(Modules).contributions(SignUpHook):
        await hook.run(context, account_id)


async def run_sign_in_hooks(work: UnitOfWork, container: Container, account_id: UUID) -> None:
    """Calls the hooks of all modules. If one raises, no session is opened."""
    context = await work_context(work, container, datetime.now(UTC))
    for hook in container.get(Modules).contributions(SignInHook):
        await hook.run(context, account_id)


async def run_owner_hooks(work: UnitOfWork, container: Container, account_id: UUID, before: datetime | None) -> None:
    """Revokes the tokens that were created before a time (None: all), but not those of sessions. Calls all hooks.

    The account's stream must be locked.
    """
    context = await work_context(work, container, datetime.now(UTC))
    await revoke_tokens(context, account_id, before)
    for hook in container.get(Modules).contributions(OwnerHook):
        await hook.run(context, account_id, before)


async def revoke_tokens(context: WorkContext, account_id: UUID, before: datetime | None) -> None:
    """Revokes the tokens that were created before a time (None: all), but not those of sessions."""
    revocations, kinds = context.container.get(Revocations), context.container.get(Modules).contributions(BearerKind)
    revoked = [token for kind in kinds for token in await kind.revoke_all(context, account_id, before)]
    context.work.after_commit(partial(revocations.announce, revoked, context.at))


async def keep_address(work: UnitOfWork, container: Container, account_id: UUID) -> None:
    """Ends a change of the account's address that is not proven yet. The account's stream must be locked."""
    context = await work_context(work, container, datetime.now(UTC))
    for proof in container.get(Modules).contributions(AddressProof):
        await proof.keep(context, account_id)


async def check_sign_in_left(work: UnitOfWork, container: Container, account_id: UUID) -> None:
    """Raises LastSignInMethod if nothing is left that opens the account, whose stream is locked."""
    if await has_password(work, account_id):
        return
    context = await work_context(work, container, datetime.now(UTC))
    for method in container.get(Modules).contributions(SignInMethod):
        if await method.is_set(context, account_id):
            return
    raise LastSignInMethod


async def is_refreshable(container: Container, session_id: UUID) -> bool:
    """Returns False if what the session depends on is not valid any more. Most sessions depend on nothing.

    If the module that knows is switched off, nothing vouches for the session.
    """
    async with container.get(Database).connection() as connection:
        origin = await find_origin(connection, session_id)
    if origin is None:
        return True
    name, _, origin_id = origin.partition(":")
    checks = {check.name: check for check in container.get(Modules).contributions(RefreshCheck)}
    return name in checks and await checks[name].is_valid(container, UUID(origin_id))

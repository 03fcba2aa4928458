"""The identities of an account: listing, adding and removing them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.extension import AccountHook, Identity, OwnerHook, SignInMethod
from app.modules.accounts_module.services.hooks import check_sign_in_left
from app.modules.accounts_module.services.revocations import Revocations
from app.modules.accounts_module.services.security import append_security_event
from app.modules.accounts_module.services.sessions import end_origin
from app.modules.base_module.schemas import Page
from app.modules.jobs_module.extension import Job, JobContext, Nothing, Schedule
from app.modules.oidc_module import db
from app.modules.oidc_module.errors import IdentityNotFound, IdentityTaken, TooManyIdentities
from app.modules.oidc_module.schemas import IdentityRead
from app.modules.oidc_module.services.vault import Vault
from app.modules.oidc_module.settings import OidcSettings
from app.modules.streams_module.services.log import Log
from app.services.context import Context, WorkContext
from app.utils.container import Container

ORIGIN = "oidc"
"""What the origins of sessions begin with that an identity has opened."""
MAX_IDENTITIES = 20


async def add(work: UnitOfWork, log: Log, account_id: UUID, identity_id: UUID, said: Any) -> None:
    """Adds an identity that no account has. `said` is the row of the code."""
    await _append_event(work, log, account_id, "security.identity_linked", identity_id, said)
    await db.add_identity(
        await work.raw(),
        identity_id,
        account_id,
        said["provider"],
        said["issuer"],
        said["subject"],
        said["email"],
        said["sealed"],
        datetime.now(UTC),
    )


async def find(work: UnitOfWork, log: Log, said: Any) -> Any | None:
    """Returns the identity, and locks the stream of its account: before its row, as everywhere."""
    raw, key = await work.raw(), (said["issuer"], said["subject"])
    identity = await db.find_identity(raw, *key)
    if identity is None:
        return None
    await log.lock(work, accounts=[identity["account_id"]])
    # It may have been removed meanwhile.
    return await db.find_identity(raw, *key)


async def note_use(connection: DatabaseConnection, vault: Vault, identity: Any, said: Any) -> None:
    """Keeps the tokens of the newest sign-in."""
    issuer, subject = said["issuer"], said["subject"]
    newer, older = (vault.open(issuer, subject, row["sealed"]) for row in (said, identity))
    sealed = vault.seal(issuer, subject, newer.after(older)) if newer is not None else said["sealed"]
    await db.note_use(connection, identity["id"], said["provider"], said["email"], sealed, datetime.now(UTC))


async def link(work: UnitOfWork, log: Log, vault: Vault, account_id: UUID, said: Any) -> IdentityRead:
    """Adds an identity to the caller's account, unless it has it already. The account's stream must be locked.

    Raises IdentityTaken or TooManyIdentities.
    """
    raw = await work.raw()
    identity = await db.find_identity(raw, said["issuer"], said["subject"])
    if identity is not None and identity["account_id"] != account_id:
        raise IdentityTaken
    identity_id: UUID = uuid4() if identity is None else identity["id"]
    if identity is not None:
        await note_use(raw, vault, identity, said)
    else:
        if len(await db.list_identities(raw, account_id)) >= MAX_IDENTITIES:
            raise TooManyIdentities
        await add(work, log, account_id, identity_id, said)
    return next(one for one in (await list_all(raw, account_id)).items if one.id == identity_id)


async def list_all(connection: DatabaseConnection, account_id: UUID) -> Page[IdentityRead]:
    rows = await db.list_identities(connection, account_id)
    return Page(items=[IdentityRead.model_validate(dict(row)) for row in rows], next_cursor=None)


async def remove(
    work: UnitOfWork,
    log: Log,
    revocations: Revocations,
    container: Container,
    caller: Identity,
    identity_id: UUID,
) -> None:
    """Removes an identity, and ends the other sessions that it has opened. The account's stream must be locked.

    Raises IdentityNotFound or LastSignInMethod.
    """
    account_id = caller.account_id
    removed = await db.delete_identity(await work.raw(), identity_id, account_id)
    if removed is None:
        raise IdentityNotFound
    await check_sign_in_left(work, container, account_id)
    await _append_event(work, log, account_id, "security.identity_removed", identity_id, removed)
    await end_origin(work, revocations, caller, f"{ORIGIN}:{identity_id}")


async def _append_event(
    work: UnitOfWork, log: Log, account_id: UUID, kind: str, identity_id: UUID, identity: Any
) -> None:
    shown = {"identity_id": str(identity_id), "provider": identity["provider"], "email": identity["email"]}
    await append_security_event(work, log, account_id, kind, **shown)


async def _is_set(context: Context, account_id: UUID) -> bool:
    """Identities of an issuer that was removed from the settings open nothing."""
    issuers = {provider.issuer for provider in context.container.get(OidcSettings).providers.values()}
    return any(row["issuer"] in issuers for row in await db.list_identities(context.connection, account_id))


async def _erase(context: WorkContext, account_id: UUID) -> None:
    await db.delete_of_account(context.connection, account_id, None)


async def _remove_earlier(context: WorkContext, account_id: UUID, before: datetime | None) -> None:
    log = context.container.get(Log)
    for removed in await db.delete_of_account(context.connection, account_id, before):
        await _append_event(context.work, log, account_id, "security.identity_removed", removed["id"], removed)


async def _delete_old(context: JobContext, _: Nothing) -> None:
    for statement in (db.DELETE_OLD_FLOWS, db.DELETE_OLD_CODES):
        await context.delete_in_chunks(statement, context.at)


IDENTITY = SignInMethod("oidc", _is_set)
ERASE_IDENTITIES = AccountHook.at_once("oidc", _erase)
NEW_OWNER = OwnerHook("oidc", _remove_earlier)
CLEANUP = Job("oidc.delete_old", Nothing, _delete_old)
CLEANUP_SCHEDULE = Schedule(CLEANUP, timedelta(minutes=10))

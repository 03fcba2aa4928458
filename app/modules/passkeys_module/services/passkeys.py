"""Registers passkeys, signs in with them, and removes them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.extension import AccountHook, OwnerHook, SecondFactor, SignInMethod
from app.modules.accounts_module.services.accounts import get_names
from app.modules.accounts_module.services.hooks import check_sign_in_left
from app.modules.accounts_module.services.security import append_security_event
from app.modules.base_module.schemas import Page
from app.modules.jobs_module.extension import Job, JobContext, Nothing, Schedule
from app.modules.passkeys_module import db
from app.modules.passkeys_module.errors import PasskeyExists, PasskeyNotFound, PasskeyRefused, TooManyPasskeys
from app.modules.passkeys_module.schemas import GivenCredential, PasskeyCreate, PasskeyRead
from app.modules.passkeys_module.services import webauthn_calls as library
from app.modules.streams_module.services.log import Log
from app.services.context import Context, WorkContext
from app.services.errors import ValidationFailed
from app.utils.container import Container

MAX_PASSKEYS = 20
CHALLENGE_LIFETIME = timedelta(minutes=5)
FACTOR = "passkey"


async def begin_registration(work: UnitOfWork, site: library.Site, account_id: UUID) -> dict[str, Any]:
    """Returns the options for a new passkey. Raises TooManyPasskeys."""
    username, display_name = await get_names(work, account_id)
    raw = await work.raw()
    known = [passkey["credential_id"] for passkey in await db.list_passkeys(raw, account_id)]
    if len(known) >= MAX_PASSKEYS:
        raise TooManyPasskeys
    challenge, options = library.creation_options(site, account_id, username, display_name, known)
    await db.add_challenge(raw, challenge, account_id, datetime.now(UTC) + CHALLENGE_LIFETIME)
    return options


async def register(
    work: UnitOfWork, log: Log, site: library.Site, account_id: UUID, request: PasskeyCreate
) -> PasskeyRead:
    """Stores a new passkey. The account's stream must be locked.

    Raises ValidationFailed for a wrong answer, TooManyPasskeys or PasskeyExists.
    """
    raw, at = await work.raw(), datetime.now(UTC)
    try:
        challenge = library.challenge_of(request.credential.response.client_data)
        if not await db.use_challenge(raw, challenge, account_id, at):
            raise library.Refused("the challenge is unknown, old, or was used")
        created = library.verify_created(site, request.credential, challenge)
    except library.Refused as refusal:
        raise ValidationFailed(("body", "credential"), str(refusal), "passkey_refused") from None
    if len(await db.list_passkeys(raw, account_id)) >= MAX_PASSKEYS:
        raise TooManyPasskeys
    passkey_id = uuid4()
    if not await db.add_passkey(raw, passkey_id, account_id, *created[:3], request.name, created.is_synced, at):
        raise PasskeyExists
    await append_security_event(work, log, account_id, "security.factor_added", factor=FACTOR)
    return PasskeyRead(id=passkey_id, name=request.name, created_at=at, last_used_at=None, is_synced=created.is_synced)


async def list_passkeys(connection: DatabaseConnection, account_id: UUID) -> Page[PasskeyRead]:
    items = [PasskeyRead.model_validate(dict(row)) for row in await db.list_passkeys(connection, account_id)]
    return Page(items=items, next_cursor=None)


async def remove(work: UnitOfWork, log: Log, container: Container, account_id: UUID, passkey_id: UUID) -> None:
    """Removes a passkey. The account's stream must be locked. Raises PasskeyNotFound or LastSignInMethod."""
    if not await db.delete_passkey(await work.raw(), passkey_id, account_id):
        raise PasskeyNotFound
    await check_sign_in_left(work, container, account_id)
    await append_security_event(work, log, account_id, "security.factor_removed", factor=FACTOR)


async def begin_sign_in(connection: DatabaseConnection, site: library.Site) -> dict[str, Any]:
    """Returns the options for a sign-in. They say nothing about any account."""
    challenge, options = library.request_options(site)
    await db.add_challenge(connection, challenge, None, datetime.now(UTC) + CHALLENGE_LIFETIME)
    return options


async def check_use(work: UnitOfWork, log: Log, site: library.Site, credential: GivenCredential) -> UUID:
    """Returns the account whose passkey has signed the challenge. Raises PasskeyRefused."""
    raw, at = await work.raw(), datetime.now(UTC)
    try:
        challenge = library.challenge_of(credential.response.client_data)
        credential_id = library.credential_id_of(credential)
        account_id = await db.find_owner(raw, credential_id)
        if account_id is None:
            raise PasskeyRefused
        await log.lock(work, accounts=[account_id])
        passkey = await db.find_passkey(raw, credential_id, account_id)
        if passkey is None or not await db.use_challenge(raw, challenge, None, at):
            raise PasskeyRefused
        used = library.verify_used(site, credential, challenge, passkey["public_key"], passkey["sign_count"])
    except library.Refused:
        raise PasskeyRefused from None
    await db.note_use(raw, passkey["id"], used.sign_count, used.is_synced, at)
    return account_id


async def _is_set(context: Context, account_id: UUID) -> bool:
    return await db.has_passkey(context.connection, account_id)


async def _erase(context: WorkContext, account_id: UUID) -> None:
    await db.delete_of_account(context.connection, account_id, None)


async def _remove_earlier(context: WorkContext, account_id: UUID, before: datetime | None) -> None:
    if await db.delete_of_account(context.connection, account_id, before):
        log = context.container.get(Log)
        await append_security_event(context.work, log, account_id, "security.factor_removed", factor=FACTOR)


async def _delete_old(context: JobContext, _: Nothing) -> None:
    await context.delete_in_chunks(db.DELETE_OLD_CHALLENGES, context.at)


# With a passkey alone an account is not asked for a second factor after its password: a passkey replaces the password.
PASSKEY = SecondFactor(FACTOR, _is_set, is_demanded=False)
SIGN_IN = SignInMethod(FACTOR, _is_set)
ERASE_PASSKEYS = AccountHook.at_once("passkeys", _erase)
NEW_OWNER = OwnerHook("passkeys", _remove_earlier)
CLEANUP = Job("passkeys.delete_old_challenges", Nothing, _delete_old)
CLEANUP_SCHEDULE = Schedule(CLEANUP, timedelta(minutes=10))

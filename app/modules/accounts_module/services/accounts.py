"""Changes, finds and lists accounts."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.db.cruds import accounts as crud
from app.modules.accounts_module.db.cruds import profiles
from app.modules.accounts_module.db.models import Account
from app.modules.accounts_module.errors import AccountNotFound, InvalidToken, WrongCredentials
from app.modules.accounts_module.schemas import AccountMe, AccountPublic, AccountUpdate
from app.modules.accounts_module.services.failed_sign_ins import FailedSignIns
from app.modules.accounts_module.services.parts import AccountParts
from app.modules.accounts_module.services.password_policy import check_password
from app.modules.accounts_module.services.passwords import Passwords
from app.modules.accounts_module.services.second_factors import stamp_of
from app.modules.accounts_module.services.security import append_security_event
from app.modules.accounts_module.services.usernames import check_reserved, claim_username, release_username
from app.modules.base_module.schemas import Moment, Page
from app.modules.base_module.services.cursors import decode_cursor, encode_cursor
from app.modules.streams_module.services.log import Log, event, now, read_head
from app.services.errors import Forbidden
from app.settings.sizes_settings import SizesSettings
from app.utils.canonical import fold


async def get_me(work: UnitOfWork, parts: AccountParts, account_id: UUID) -> AccountMe:
    """Returns the account, and the number of an event that is not newer than the account."""
    _, event_seq = await read_head(work, account_id)
    account = await _get(work, account_id)
    return await _view_me(work, parts, account, event_seq)


async def update_me(
    work: UnitOfWork,
    log: Log,
    parts: AccountParts,
    sizes: SizesSettings,
    account_id: UUID,
    changes: AccountUpdate,
    reserved: Collection[str],
    holder_id: UUID | None = None,
) -> AccountMe:
    """Changes the given fields and appends `account.updated` to the account's stream, if anything changed.

    The stream must be locked. A former username is held for the account, or for `holder_id`: the owner of a bot.
    """
    account = await _get(work, account_id)
    given = changes.model_dump(include=set(AccountUpdate.model_fields), exclude_unset=True)
    old_username, new_username = account.username, given.get("username", account.username)
    if new_username != old_username:
        check_reserved(new_username, reserved)
    _set_fields(account, given)
    if await parts.apply(work, (account_id,), {name: getattr(changes, name) for name in changes.model_fields_set}):
        account.updated_at = now()
    if not work.session.is_modified(account):
        _, event_seq = await read_head(work, account_id)
        return await _view_me(work, parts, account, event_seq)
    await work.session.flush()
    if new_username != old_username:
        await claim_username(work, holder_id or account_id, new_username)
        await release_username(work, holder_id or account_id, old_username, sizes.username_hold_days)
    await work.session.refresh(account, ["updated_at"])
    event_seq = await append_updated(work, log, account, who_may_add=given.get("who_may_add"))
    return await _view_me(work, parts, account, event_seq)


def _set_fields(account: Account, given: Mapping[str, Any]) -> None:
    """Sets the given fields. Null removes a value. Without a display name the username is shown, also a new one."""
    display_name = account.display_name if account.display_name != account.username else None
    for name, value in given.items():
        setattr(account, name, value or "")
    account.display_name = given.get("display_name", display_name) or account.username


async def append_updated(
    work: UnitOfWork, log: Log, account: Account, *, who_may_add: str | None = None, at: datetime | None = None
) -> int:
    """Appends `account.updated` to the account's stream, which is locked. Returns the event's number.

    `who_may_add` is in the event if it was in the request.
    """
    payload = {name: getattr(account, name) for name in ("username", "display_name", "bio")}
    if who_may_add is not None:
        payload["who_may_add"] = who_may_add
    return await log.append(work, account.id, event("account.updated", {"id": str(account.id), **payload}), at=at)


async def is_own_password(
    database: Database, passwords: Passwords, failed_sign_ins: FailedSignIns, account_id: UUID, given: str
) -> bool:
    """Returns True if this is the password of a signed-in account.

    Raises RateLimited after too many wrong passwords: a thief with an open session must not guess faster than a
    stranger who signs in. The failures are counted apart from those of sign-ins. Otherwise a stranger who guesses at
    sign-in could lock the owner out of these calls. A new password begins a new count.
    """
    async with database.connection() as connection:
        stored = await crud.find_hash(connection, account_id)
    subject = uuid5(account_id, f"change of password {stamp_of(stored)}")
    async with failed_sign_ins.turn(subject):
        counted = await failed_sign_ins.check(subject, subject)
        if not (await passwords.verify(given, stored, account_id.hex)).is_right:
            await failed_sign_ins.add(subject)
            return False
        await failed_sign_ins.forget(counted)
    return True


async def change_password(
    work: UnitOfWork,
    database: Database,
    log: Log,
    passwords: Passwords,
    failed_sign_ins: FailedSignIns,
    account_id: UUID,
    *,
    current: str,
    new: str,
) -> bool:
    """Sets a new password. Returns False, and changes nothing, if the current one is wrong.

    Raises what `is_own_password` raises.
    """
    async with database.connection() as connection:
        names = await crud.find_names(connection, account_id)
    if names is None:
        raise InvalidToken
    check_password(new, "new_password", username=names["username"], email=names["email"] or "")
    if not await is_own_password(database, passwords, failed_sign_ins, account_id, current):
        return False
    password_hash = await passwords.hash(new, account_id.hex)
    await append_security_event(work, log, account_id, "security.password_changed", by="password")
    # Locked: an account that is erased at the same time must not get a password again.
    account = await _get(work, account_id, for_update=True)
    account.password_hash = password_hash
    await work.session.flush()
    return True


async def renew_hash(
    work: UnitOfWork, log: Log, passwords: Passwords, account_id: UUID, password_hash: str, password: str, source: str
) -> str:
    """Replaces an outdated hash by one with the present parameters. Returns the hash that the account has then.

    Raises WrongCredentials if the password was changed meanwhile.
    """
    renewed = await passwords.hash(password, source)
    # First the stream, then the account, as by a change of the password.
    await log.lock(work, accounts=[account_id])
    raw = await work.raw()
    if await crud.replace_hash(raw, account_id, password_hash, renewed):
        return renewed
    # Another sign-in may have renewed it.
    current = await crud.find_hash(raw, account_id)
    if current is None or not (await passwords.verify(password, current, source)).is_right:
        raise WrongCredentials
    return current


async def has_password(work: UnitOfWork, account_id: UUID) -> bool:
    return (await _get(work, account_id)).password_hash is not None


async def get_names(work: UnitOfWork, account_id: UUID) -> tuple[str, str]:
    """Returns the username and the display name of the caller's account."""
    account = await _get(work, account_id)
    return account.username, account.display_name


async def find_account_id(connection: DatabaseConnection, username: str) -> UUID | None:
    """Returns the id of the account with this username, in any capitalization and with spaces around it."""
    return await crud.find_id(connection, fold(username.strip()))


async def get_profile(work: UnitOfWork, parts: AccountParts, viewer: UUID, account_id: UUID) -> AccountPublic:
    raw = await work.raw()
    profile = await profiles.find_profile(raw, account_id)
    if profile is None:
        raise AccountNotFound
    (shown,) = await parts.view_profiles(raw, viewer, [profile])
    return shown


async def list_profiles(
    work: UnitOfWork, parts: AccountParts, viewer: UUID, query: str, cursor: str | None, limit: int
) -> Page[AccountPublic]:
    """Returns the accounts whose username or display name contains the query, the oldest account first.

    Names change and the creation time does not: the order is stable while a client reads the pages. A page may have
    fewer accounts than `limit`, or none, and still a cursor.
    """
    after = decode_cursor(cursor, tuple[Moment, UUID], of="people") if cursor else None
    raw = await work.raw()
    rows, end = await profiles.list_profiles(raw, query, after, limit + 1)
    shown = rows[:limit]
    if len(rows) > limit:
        end = shown[-1]["created_at"], shown[-1]["id"]
    next_cursor = encode_cursor(*end, of="people") if end else None
    return Page(items=await parts.view_profiles(raw, viewer, shown), next_cursor=next_cursor)


async def list_refusing_accounts(work: UnitOfWork, account_ids: set[UUID]) -> set[UUID]:
    """Returns those of the accounts that do not let others add them to groups and channels."""
    return await crud.list_refusing_ids(work.session, account_ids)


async def list_existing_accounts(connection: DatabaseConnection, account_ids: Collection[UUID]) -> set[UUID]:
    """Returns those of the ids that belong to accounts which are not erased."""
    return await crud.list_existing_ids(connection, account_ids)


async def check_admin(work: UnitOfWork, account_id: UUID) -> None:
    """Raises Forbidden unless the account is a server admin. Reads the database: the right may have been revoked."""
    account = await crud.find_account(work.session, account_id)
    if account is None or not account.is_admin:
        raise Forbidden


async def _get(work: UnitOfWork, account_id: UUID, *, for_update: bool = False) -> Account:
    """Returns the caller's account.

    Raises InvalidToken if it does not exist: it has just been erased, or it is newer than a backup that was restored.
    """
    account = await crud.find_account(work.session, account_id, for_update=for_update)
    if account is None:
        raise InvalidToken
    return account


async def _view_me(work: UnitOfWork, parts: AccountParts, account: Account, event_seq: int) -> AccountMe:
    own = {name: getattr(account, name) for name in AccountMe.model_fields if name != "event_seq"}
    return await parts.view_me(await work.raw(), {**own, "event_seq": event_seq})

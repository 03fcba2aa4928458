"""The rules for usernames: some are reserved, and some are held for their former owners."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.db.cruds import username_holds as crud
from app.modules.accounts_module.db.cruds.accounts import find_id
from app.modules.accounts_module.errors import UsernameTaken
from app.services.errors import ValidationFailed
from app.utils.canonical import fold

_MAX_HELD = 3
"""Maximum number of held usernames per account. Otherwise an account could hold any number by taking them in turn."""
_NAMES = """
    abuse admin administracija administraciya administration administrator administrators admins all announcements
    anonymous api app billing bot bots channel channels contact daemon everybody everyone feedback ftp group groups help
    helpdesk here hostmaster info legal localhost mail mailerdaemon me messenger mod moderation moderator moderators
    mods news nobody none noreply notification notifications null official oficial operator owner password payment
    payments podderzhka postmaster privacy robot root safety security self server serveradmin service settings signin
    signup staff status superadmin superuser support supportteam sysadmin sysop system systemadmin team techsupport
    tehpodderzhka undefined unknown update updates verification verified verify webadmin webmaster www
    """
_RESERVED = frozenset(_NAMES.split())
_SEPARATORS = str.maketrans("", "", "_.")
# Digits that replace similar letters. A 1 can be an i or an l.
_DIGITS = tuple(str.maketrans("013457", f"o{letter}east") for letter in "il")


def check_reserved(username: str, more: Iterable[str] = ()) -> None:
    """Raises ValidationFailed for a username that looks official, in any spelling with digits and separators.

    `more` are the usernames that this server reserves (AUTH_RESERVED_USERNAMES).
    """
    reserved = _RESERVED.union(spelling for name in more for spelling in _spellings(fold(name)))
    if not reserved.isdisjoint(_spellings(username)):
        raise ValidationFailed(("body", "username"), "this username is reserved", "username_is_reserved")


def _spellings(username: str) -> tuple[str, ...]:
    bare = username.translate(_SEPARATORS)
    return bare, *(bare.translate(digits) for digits in _DIGITS)


async def check_free(work: UnitOfWork, username: str) -> None:
    """Raises UsernameTaken for a username that an account has, or that is held for its former owner."""
    if await find_id(await work.raw(), username) is not None:
        raise UsernameTaken
    if await crud.find_holder(work.session, username, datetime.now(UTC)) is not None:
        raise UsernameTaken


async def claim_username(work: UnitOfWork, account_id: UUID, username: str) -> None:
    """Claims a username that the account, or its bot, has just got. Raises UsernameTaken if another one holds it.

    Call it after the flush. The unique index has then waited for any transaction that gave the username up, so its
    hold is visible here.
    """
    if await crud.release(await work.raw(), username, datetime.now(UTC)) not in (None, account_id):
        raise UsernameTaken


async def release_username(work: UnitOfWork, account_id: UUID, username: str, days: int) -> None:
    """Holds a username that the account, or its bot, no longer has, for `days` days."""
    if days:
        until = datetime.now(UTC) + timedelta(days=days)
        await crud.hold(work.session, username, account_id, until, _MAX_HELD)

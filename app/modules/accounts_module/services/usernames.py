"""Which usernames may be taken, and by whom."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.db.cruds import username_holds as crud
from app.modules.accounts_module.errors import UsernameTaken
from app.services.errors import ValidationFailed

_MAX_HELD = 3
"""Of one account: else one could hold any number of names by taking them in turn."""
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
# Digits that stand for letters; 1 is an i, or an l.
_DIGITS = tuple(str.maketrans("013457", f"o{one}east") for one in "il")


def check_reserved(username: str) -> None:
    """Raises ValidationFailed for a username that speaks for the server, in whatever spelling."""
    bare = username.translate(_SEPARATORS)
    if not _RESERVED.isdisjoint((bare, *(bare.translate(digits) for digits in _DIGITS))):
        raise ValidationFailed(("body", "username"), "this username is reserved", "username_is_reserved")


async def claim_username(work: UnitOfWork, account_id: UUID, username: str) -> None:
    """Looks after a username that was written just now: raises UsernameTaken where it is held for another account.

    Whoever gives it up at the same time has committed by now: the unique index has waited.
    """
    if await crud.find_holder(work.session, username, datetime.now(UTC)) not in (None, account_id):
        raise UsernameTaken
    await crud.release(work.session, username)


async def release_username(work: UnitOfWork, account_id: UUID, username: str, days: int) -> None:
    """Holds a username that the account has no more."""
    if days:
        until = datetime.now(UTC) + timedelta(days=days)
        await crud.hold(work.session, username, account_id, until, _MAX_HELD)

"""The operator's actions on accounts, from the command line: create an admin, reset a password, change an email."""

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.db.cruds import accounts as crud
from app.modules.accounts_module.db.cruds.sign_in_failures import delete_failures
from app.modules.accounts_module.errors import AccountNotFound
from app.modules.accounts_module.schemas import AccountSignedUp, SignUp
from app.modules.accounts_module.services.accounts import sign_up
from app.modules.accounts_module.services.password_policy import check_password
from app.modules.accounts_module.services.passwords import Passwords
from app.modules.accounts_module.services.sessions import end_all_sessions
from app.modules.streams_module.services.log import Log
from app.utils.canonical import normalize_email


async def create_admin(work: UnitOfWork, log: Log, passwords: Passwords, request: SignUp) -> AccountSignedUp:
    """Creates an account that is a server admin."""
    signed_up = await sign_up(work, log, passwords, request, by_operator=True)
    account = await crud.find_account(work.session, signed_up.id)
    assert account is not None  # noqa: S101 - it was created just now
    account.is_admin = True
    await work.session.flush()
    return signed_up


async def reset_password(work: UnitOfWork, passwords: Passwords, login: str, password: str) -> int:
    """Sets a new password, ends all sessions and forgets failed sign-ins. Returns the number of ended sessions.

    Raises AccountNotFound.
    """
    account = await crud.find_by_login(work.session, login)
    if account is None:
        raise AccountNotFound
    check_password(password, "password", username=account.username, email=account.email or "")
    account.password_hash = await passwords.hash(password)
    await work.session.flush()
    await delete_failures(await work.raw(), [account.id])
    return await end_all_sessions(work, account.id)


async def change_email(work: UnitOfWork, login: str, email: str) -> None:
    """Sets another email. Raises AccountNotFound, or the error of the unique index for a taken one."""
    account = await crud.find_by_login(work.session, login)
    if account is None:
        raise AccountNotFound
    account.email, account.email_copy = normalize_email(email), 0
    await work.session.flush()

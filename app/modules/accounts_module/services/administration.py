"""What whoever runs the server does to accounts, with no account of their own."""

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
    """Makes an account that administers the server."""
    signed_up = await sign_up(work, log, passwords, request, by_operator=True)
    account = await crud.find_account(work.session, signed_up.id)
    assert account is not None  # noqa: S101 - it was made just now
    account.is_admin = True
    await work.session.flush()
    return signed_up


async def reset_password(work: UnitOfWork, passwords: Passwords, login: str, password: str) -> int:
    """Sets a new password, ends all sessions and returns how many, forgets wrong passwords. Raises AccountNotFound."""
    account = await crud.find_by_login(work.session, login)
    if account is None:
        raise AccountNotFound
    check_password(password, "password", username=account.username, email=account.email or "")
    account.password_hash = await passwords.hash(password)
    await work.session.flush()
    await delete_failures(await work.raw(), [account.id])
    return await end_all_sessions(work, account.id)


async def change_email(work: UnitOfWork, login: str, email: str) -> None:
    """Sets another email. Raises AccountNotFound, and what the unique index raises for a taken one."""
    account = await crud.find_by_login(work.session, login)
    if account is None:
        raise AccountNotFound
    account.email, account.email_copy = normalize_email(email), 0
    await work.session.flush()

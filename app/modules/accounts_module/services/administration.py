"""The operator's actions on accounts, from the command line: create an admin, reset a password, change an email."""

from uuid import UUID

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.db.cruds import accounts as crud
from app.modules.accounts_module.db.cruds import sessions
from app.modules.accounts_module.db.cruds.sign_in_failures import delete_failures
from app.modules.accounts_module.db.models import Account
from app.modules.accounts_module.errors import AccountNotFound
from app.modules.accounts_module.schemas import AccountSignedUp, SignUp
from app.modules.accounts_module.services import mailboxes
from app.modules.accounts_module.services.hooks import keep_address
from app.modules.accounts_module.services.new_accounts import create_account, prepare_account
from app.modules.accounts_module.services.password_policy import check_password
from app.modules.accounts_module.services.passwords import Passwords
from app.modules.accounts_module.services.security import append_security_event
from app.modules.streams_module.services.log import Log, now
from app.utils.container import Container
from app.utils.module import Modules


async def create(
    work: UnitOfWork, log: Log, passwords: Passwords, request: SignUp, *, is_admin: bool
) -> AccountSignedUp:
    """Creates an account, which may be a server admin. It is no sign-up: no hook of one is called."""
    account = await prepare_account(passwords, request, by_operator=True)
    return AccountSignedUp.model_validate(await create_account(work, log, account, is_admin=is_admin))


async def reset_password(
    work: UnitOfWork, log: Log, modules: Modules, passwords: Passwords, login: str, password: str
) -> int:
    """Sets a new password, ends all sessions and forgets failed sign-ins. Returns the number of ended sessions.

    A change of the address that waits for its confirmation ends too. Raises AccountNotFound.
    """
    account = await crud.find_by_login(work.session, login)
    if account is None:
        raise AccountNotFound
    check_password(password, "password", username=account.username, email=account.email or "")
    password_hash = await passwords.hash(password)
    await _lock(work, log, account)
    await append_security_event(work, log, account.id, "security.password_changed", by="operator")
    account.password_hash = password_hash
    await work.session.flush()
    await delete_failures(await work.raw(), [account.id])
    await _keep_address(work, log, modules, account.id)
    # All processes see it at their next poll, within a second.
    return len(await sessions.revoke(work.session, now(), account_id=account.id))


async def change_email(work: UnitOfWork, log: Log, modules: Modules, login: str, email: str) -> None:
    """Sets another email. A change to a third one that waits for its confirmation ends.

    Raises AccountNotFound, or the error of the unique index for a taken one.
    """
    account = await crud.find_by_login(work.session, login)
    if account is None:
        raise AccountNotFound
    await _lock(work, log, account)
    await mailboxes.change_email(work, account.id, email)
    await mailboxes.announce_change(work, log, account.id)
    await _keep_address(work, log, modules, account.id)


async def _lock(work: UnitOfWork, log: Log, account: Account) -> None:
    """Locks the account. Raises AccountNotFound if it was erased since it was read."""
    await log.lock(work, accounts=[account.id])
    await work.session.refresh(account, with_for_update=True)
    if account.erased_at is not None:
        raise AccountNotFound


async def _keep_address(work: UnitOfWork, log: Log, modules: Modules, account_id: UUID) -> None:
    container = Container()
    container.put(Log, log)
    container.put(Modules, modules)
    await keep_address(work, container, account_id)

"""What the owner of an account's mailbox may change, for the module that sends the mails."""

from uuid import UUID

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.db.cruds import accounts as crud
from app.modules.accounts_module.db.cruds.sign_in_failures import delete_failures
from app.modules.accounts_module.db.models import Account
from app.modules.accounts_module.errors import AccountNotFound
from app.modules.accounts_module.services.accounts import append_updated
from app.modules.accounts_module.services.password_policy import check_password
from app.modules.accounts_module.services.revocations import Revocations
from app.modules.accounts_module.services.security import append_security_event
from app.modules.accounts_module.services.sessions import end_sessions
from app.modules.streams_module.services.log import Log, now
from app.utils.canonical import normalize_email


async def find_mail_address(work: UnitOfWork, account_id: UUID) -> str | None:
    """Returns the account's address. None if it has none or does not exist."""
    account = await crud.find_account(work.session, account_id)
    return account.email if account is not None else None


async def find_by_mailbox(work: UnitOfWork, email: str) -> Account | None:
    """Returns the account with this address, in any of its spellings."""
    return await crud.find_by_login(work.session, email)


async def change_email(work: UnitOfWork, account_id: UUID, email: str) -> None:
    """Sets another address. Raises AccountNotFound, or EmailTaken for the address of another account."""
    account = await _get(work, account_id)
    account.email, account.email_copy = normalize_email(email), 0
    await work.session.flush()


async def check_new_password(work: UnitOfWork, account_id: UUID, password: str) -> None:
    """Raises ValidationFailed for a weak password, naming the field `new_password`; or AccountNotFound."""
    account = await crud.find_account(work.session, account_id)
    if account is None:
        raise AccountNotFound
    check_password(password, "new_password", username=account.username, email=account.email or "")


async def replace_password(
    work: UnitOfWork, log: Log, revocations: Revocations, account_id: UUID, password_hash: str
) -> None:
    """Sets the hash of a new password, ends all sessions and forgets failed sign-ins. Raises AccountNotFound."""
    await append_security_event(work, log, account_id, "security.password_changed", by="mail")
    account = await _get(work, account_id)
    account.password_hash = password_hash
    await work.session.flush()
    await delete_failures(await work.raw(), [account_id])
    await end_sessions(work, revocations, account_id)


async def announce_change(work: UnitOfWork, log: Log, account_id: UUID) -> None:
    """Appends `account.updated` to the account's stream, which is locked, so that clients read the account again."""
    account = await _get(work, account_id)
    account.updated_at = now()
    await work.session.flush()
    await append_updated(work, log, account)


async def _get(work: UnitOfWork, account_id: UUID) -> Account:
    # Locked: an account that is erased at the same time must not get a password or an address again.
    account = await crud.find_account(work.session, account_id, for_update=True)
    if account is None:
        raise AccountNotFound
    return account

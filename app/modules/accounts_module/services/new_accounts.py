"""Creates accounts of users and of bots."""

from collections.abc import Collection
from uuid import UUID, uuid4

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.db.models import Account
from app.modules.accounts_module.extension import NewAccount, NewAccountWithPassword
from app.modules.accounts_module.schemas import SignUp
from app.modules.accounts_module.services.password_policy import check_password
from app.modules.accounts_module.services.passwords import Passwords
from app.modules.accounts_module.services.usernames import check_reserved, claim_username
from app.modules.streams_module.services.log import Log


async def prepare_account(
    passwords: Passwords,
    request: SignUp,
    source: str = "",
    *,
    by_operator: bool,
    reserved: Collection[str] = (),
) -> NewAccountWithPassword:
    """Checks a sign-up and hashes its password, without a database connection.

    `source` is where the request comes from, for the queue of passwords. Only the operator of the server and its admins
    may take reserved usernames, and those that the server adds to them. Raises ValidationFailed.
    """
    check_password(request.password, "password", username=request.username, email=request.email)
    if not by_operator:
        check_reserved(request.username, reserved)
    password_hash = await passwords.hash(request.password, source)
    return NewAccountWithPassword(
        request.email, request.username, request.display_name or request.username, password_hash, source
    )


async def create_account(work: UnitOfWork, log: Log, new: NewAccount, *, is_admin: bool = False) -> Account:
    """Creates an account and its stream.

    A taken email or username violates a unique index, so concurrent sign-ups are refused, too.
    """
    account = Account(
        id=uuid4(),
        email=new.email,
        username=new.username,
        display_name=new.display_name,
        bio="",
        password_hash=new.password_hash,
        is_admin=is_admin,
    )
    await _add(work, log, account, account.id)
    return account


async def create_bot_account(
    work: UnitOfWork, log: Log, owner_id: UUID, username: str, display_name: str, bio: str, reserved: Collection[str]
) -> UUID:
    """Creates an account without an email and a password, and its stream. Returns its id.

    The username may be held for the owner. Raises the error of the unique index for a taken one, UsernameTaken for one
    that is held for another account, or ValidationFailed for a reserved one.
    """
    check_reserved(username, reserved)
    account = Account(id=uuid4(), username=username, display_name=display_name, bio=bio, is_bot=True)
    await _add(work, log, account, owner_id)
    return account.id


async def _add(work: UnitOfWork, log: Log, account: Account, holder_id: UUID) -> None:
    work.session.add(account)
    await work.session.flush()
    await claim_username(work, holder_id, account.username)
    await log.create_stream(work, account.id)

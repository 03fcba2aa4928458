"""Forgotten passwords."""

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import UnitOfWork, open_unit_of_work
from app.modules.accounts_module.services.hooks import run_owner_hooks
from app.modules.accounts_module.services.mailboxes import (
    announce_change,
    check_new_password,
    find_mail_address,
    replace_password,
)
from app.modules.accounts_module.services.passwords import Passwords
from app.modules.accounts_module.services.revocations import Revocations
from app.modules.jobs_module.extension import Jobs
from app.modules.recovery_module.db.cruds import mailboxes, tokens
from app.modules.recovery_module.errors import LinkExpired
from app.modules.recovery_module.services.addresses import note_verified
from app.modules.recovery_module.services.mails import RESET, Forgotten, send_soon
from app.modules.streams_module.services.log import Log, now
from app.utils.canonical import canonical_email
from app.utils.container import Container
from app.utils.secrets import hash_of


async def request_reset(work: UnitOfWork, jobs: Jobs, email: str) -> None:
    """Enqueues the job that looks for the account. It is the same work for any address."""
    await send_soon(work, jobs, RESET, Forgotten(email=email), canonical_email(email))


async def reset_password(
    work: UnitOfWork,
    database: Database,
    log: Log,
    passwords: Passwords,
    revocations: Revocations,
    container: Container,
    token: str,
    new_password: str,
    source: str,
) -> None:
    """Sets a new password and ends all sessions. The owner of the token reads the mailbox, so the address is verified.

    Raises LinkExpired; or ValidationFailed for a weak password, and the token stays valid.
    """
    token_hash = hash_of(token)
    async with open_unit_of_work(database) as checking:
        found = await tokens.find(await checking.raw(), token_hash, "reset", now())
        # An account whose erasure has begun has no address.
        if found is None or await find_mail_address(checking, found["account_id"]) != found["email"]:
            raise LinkExpired
        await check_new_password(checking, found["account_id"], new_password)
    # Hashed before the first statement of `work`, so that no transaction is open meanwhile.
    hashed = await passwords.hash(new_password, source)
    raw, at, account_id, email = await work.raw(), now(), found["account_id"], found["email"]
    # Before the row of the token: with another link at once, each would wait for the row of the other.
    await log.lock(work, accounts=[account_id])
    if await tokens.use(raw, token_hash, "reset", at) is None or await find_mail_address(work, account_id) != email:
        raise LinkExpired
    await tokens.revoke(raw, account_id, "reset", at)
    await replace_password(work, log, revocations, account_id, hashed)
    mailbox = await mailboxes.find_mailbox(raw, account_id)
    if mailbox is None or not mailbox["is_verified"]:
        await run_owner_hooks(work, container, account_id, None)
    elif mailbox["first_verified_at"] is not None:
        # The link of the first mail may have been followed by an owner who did not know of the account.
        await run_owner_hooks(work, container, account_id, mailbox["first_verified_at"])
    await mailboxes.drop_pending(raw, account_id)
    await note_verified(raw, account_id, email, at)
    await announce_change(work, log, account_id)

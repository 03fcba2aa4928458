"""Sign-ups with AUTH_SIGN_UP=verified: the account is created when the link of the mail is followed."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from pydantic import BaseModel

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.extension import NewAccount, NewAccountWithPassword, VerifiedSignUp
from app.modules.accounts_module.services.hooks import run_sign_up_hooks
from app.modules.accounts_module.services.mailboxes import find_by_mailbox
from app.modules.accounts_module.services.new_accounts import create_account
from app.modules.accounts_module.services.sign_ups import SignUps
from app.modules.jobs_module.extension import JobContext, Jobs
from app.modules.mail_module.extension import Letter, mail_job
from app.modules.recovery_module.db.cruds import mailboxes
from app.modules.recovery_module.db.cruds import sign_ups as crud
from app.modules.recovery_module.services.mails import TEMPLATES
from app.modules.recovery_module.services.tokens import link_of, make_token
from app.modules.streams_module.services.log import Log
from app.services.context import WorkContext
from app.utils.canonical import canonical_email
from app.utils.container import Container
from app.utils.secrets import hash_of

LIFETIME = timedelta(hours=24)
MAX_MAILS_BY_NETWORK, MAX_MAILS = 3, 12
"""Mails that a mailbox gets within LIFETIME because of sign-ups. Strangers must not flood it. Neither may one of them
use up what its owner needs."""


class Begun(BaseModel):
    """A sign-up whose mail is to be sent."""

    sign_up_id: UUID


async def _begin(context: WorkContext, new: NewAccountWithPassword) -> None:
    """Stores the sign-up and enqueues its mail. It is the same work for every address."""
    sign_up_id, at = uuid4(), context.at
    await crud.add(
        context.connection,
        sign_up_id,
        new.email,
        canonical_email(new.email),
        new.username,
        new.display_name,
        new.password_hash,
        new.network,
        at,
        # Longer than a mail is retried. The time in which the link is valid begins when it is sent.
        at + 2 * LIFETIME,
    )
    await context.container.get(Jobs).enqueue(context.work, SIGN_UP_MAIL, Begun(sign_up_id=sign_up_id))


async def _compose(context: JobContext, begun: Begun) -> Letter | None:
    if not context.container.get(SignUps).are_open:
        return None
    token, at = await make_token(context.container, "sign_up", context.job_id), context.at
    async with context.unit_of_work() as work:
        raw = await work.raw()
        pending = await crud.find(raw, begun.sign_up_id, at)
        if pending is None:
            return None
        email, key = pending["email"], pending["email_key"]
        await mailboxes.lock(raw, key)
        of_network, of_all = await crud.count_mailed(raw, key, pending["network"], at, begun.sign_up_id)
        if of_network >= MAX_MAILS_BY_NETWORK or of_all >= MAX_MAILS:
            return None
        owner = await find_by_mailbox(work, email)
        token_hash = None if owner is not None else hash_of(token)
        await crud.note_mailed(raw, begun.sign_up_id, token_hash, at, at + LIFETIME)
    if owner is not None:
        return Letter(owner.email or email, "exists", account_id=owner.id)
    values = {"link": link_of(context.container, "confirm", token), "username": pending["username"]}
    return Letter(email, "sign_up", values)


async def complete(work: UnitOfWork, log: Log, container: Container, token: str) -> bool:
    """Creates the account of a verified address. Returns False for a token that is none of a sign-up.

    Raises SignUpClosed if sign-up was closed meanwhile, EmailTaken or UsernameTaken if another account has them by now;
    the token then stays valid.
    """
    raw = await work.raw()
    at = datetime.now(UTC)
    pending = await crud.take(raw, hash_of(token), at)
    if pending is None:
        return False
    container.get(SignUps).check_open(by_admin=False)
    email, key = pending["email"], pending["email_key"]
    new = NewAccount(email, pending["username"], pending["display_name"], pending["password_hash"])
    created = await create_account(work, log, new)
    await mailboxes.set_verified(raw, created.id, key, email, at)
    await run_sign_up_hooks(work, container, created.id)
    await crud.delete_of_mailbox(raw, key)
    return True


SIGN_UP_MAIL = mail_job("recovery.sign_up", Begun, TEMPLATES, _compose)
VERIFIED_SIGN_UP = VerifiedSignUp("recovery", _begin)

"""The mails of this module."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from pydantic import BaseModel

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.services.accounts import get_names, list_existing_accounts
from app.modules.accounts_module.services.mailboxes import find_by_mailbox, find_mail_address
from app.modules.jobs_module.extension import Job, JobContext, Jobs
from app.modules.mail_module.extension import Letter, mail_job
from app.modules.recovery_module.db.cruds import mailboxes, tokens
from app.modules.recovery_module.services.tokens import Purpose, link_of, make_token
from app.utils.canonical import canonical_email
from app.utils.secrets import hash_of

LIFETIMES: Mapping[Purpose, timedelta] = {"confirm": timedelta(hours=24), "reset": timedelta(minutes=30)}
MAX_LINKS_OF_ACCOUNT, MAX_LINKS = 3, 12
"""Valid links of one kind that a mailbox may have: of one account, and in all. Beyond them no mail is sent, since
strangers must not flood it."""
TEMPLATES = Path(__file__).parents[1] / "templates"


class Confirmation(BaseModel):
    """An address that is to be confirmed: the account's own, or the pending one."""

    account_id: UUID
    email: str


class Forgotten(BaseModel):
    """The address that a client gave. There may be no such account."""

    email: str


class Notice(BaseModel):
    """A mail without a link, to an account that has or had the address."""

    email: str
    template: str
    account_id: UUID | None = None


async def send_soon(
    work: UnitOfWork, jobs: Jobs, job: Job, payload: BaseModel, key: str, owner_id: UUID | None = None
) -> None:
    """Enqueues a mail. One that waits for its next attempt under the same key is tried at once instead."""
    if not await jobs.reschedule(work, job, key, owner_id=owner_id):
        await jobs.enqueue(work, job, payload, key=key, owner_id=owner_id)


async def _confirm(context: JobContext, confirmation: Confirmation) -> Letter | None:
    account_id, email = confirmation.account_id, confirmation.email
    async with context.unit_of_work() as work:
        raw = await work.raw()
        current = await find_mail_address(work, account_id)
        mailbox = await mailboxes.find_mailbox(raw, account_id)
        is_own = current == email and not (mailbox and mailbox["is_verified"])
        if not await list_existing_accounts(raw, {account_id}):
            return None
        if not (is_own or (mailbox and mailbox["pending_email"] == email)):
            return None
        owner = await find_by_mailbox(work, email)
    letter = await _with_link(context, "confirm", account_id, email)
    if letter is not None and owner is not None and owner.id != account_id:
        # It counts like the letter with the link, which is not sent.
        return Letter(email, "taken", account_id=owner.id)
    return letter


async def _reset(context: JobContext, forgotten: Forgotten) -> Letter | None:
    async with context.unit_of_work() as work:
        account = await find_by_mailbox(work, forgotten.email)
        account_id, email = (account.id, account.email) if account is not None else (None, None)
    if account_id is None or email is None:
        return None
    return await _with_link(context, "reset", account_id, email)


async def _with_link(context: JobContext, purpose: Purpose, account_id: UUID, email: str) -> Letter | None:
    """Stores the token and returns its mail. The time in which it is valid begins with each attempt to send it."""
    token, at = await make_token(context.container, purpose, context.job_id), context.at
    token_hash, key = hash_of(token), canonical_email(email)
    async with context.unit_of_work() as work:
        raw = await work.raw()
        await mailboxes.lock(raw, key)
        of_account, of_all = await tokens.count_others(raw, key, purpose, account_id, at, token_hash)
        if of_account >= MAX_LINKS_OF_ACCOUNT or of_all >= MAX_LINKS:
            return None
        stored = await tokens.store(raw, token_hash, account_id, purpose, email, key, at, at + LIFETIMES[purpose])
        username, _ = await get_names(work, account_id)
    values = {"link": link_of(context.container, purpose, token), "username": username}
    return Letter(email, purpose, values, account_id=account_id) if stored else None


async def _notify(context: JobContext, notice: Notice) -> Letter | None:
    """An account that was erased meanwhile gets no mail."""
    if notice.account_id is not None:
        async with context.unit_of_work() as work:
            if not await list_existing_accounts(await work.raw(), {notice.account_id}):
                return None
    return Letter(notice.email, notice.template, account_id=notice.account_id)


CONFIRM = mail_job("recovery.confirm", Confirmation, TEMPLATES, _confirm)
RESET = mail_job("recovery.reset", Forgotten, TEMPLATES, _reset)
NOTIFY = mail_job("recovery.notify", Notice, TEMPLATES, _notify)
